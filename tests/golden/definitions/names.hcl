variable "grace" {}
variable "grace" { default = event.x }

locals {
  merged = event.action == "closed" && lcoal.ready
  ready  = local.merged
  owner  = entity.id
}

provisioner "dev" {
  receive "github" "pull_request" {
    when   = local.owner == "x"
    entity = isue_keys(event.title)
    fire   = "merged"
  }

  receive "github" "push" {
    entity = issue_keys(event.title)
    fire   = "merge"
  }

  statemachine "dev" {
    initial = "open"

    state "open" {
      on "merged" {
        when       = previous == "x" || var.gracee
        transition = "done"
        set        = { by = event.user, at = nwo }
        action "http" { url = "x" }
      }
      on "<end>" { transition = "done" }
    }

    state "done" {
      final = "yes"
      on "merged" {
        transition = "<end>"
        request { comment = "x" }
      }
    }
  }
}
