variable "limit" { default = 3 }
locals {
  ready = event.action == "opened"
}
provisioner "soc" {
  receive "github" "issues" {
    when   = event.action = "opened"
    entity = event.issue.titel
    fire   = "go"
  }
  aliasmapper "soc" {
    aliases = { open: "Open", done: "Done", nowhere: "Nowhere" }
  }
  statemachine "soc" {
    initial = "opne"
    state "open" {
      on "go" {
        when       = local.ready and var.limit > 2
        transition = "dnoe"
      }
      on "went" {
        set = { a = event.pull_request.titel, b = fooo }
      }
    }
    state "done" {
      final = true
    }
  }
}
