locals {
  merged = event.pull_request.merged == "true"
}
provisioner "soc" {
  receive "github" "pull_request" {
    when = event.pull_request.number != "x"
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" {
        when = event.pull_request.number == "5"
        transition = "b"
      }
      on "next" {
        when = local.merged
        transition = "b"
      }
      on "next" {
        when = contains(event.pull_request.labels, "bug")
        transition = "b"
      }
      on "next" {
        when = event.pull_request.labels == "bug" || state == 5 || event.pull_request.number == 5 || event.pull_request.body == null || event.pull_request.title == event.pull_request.body
        transition = "b"
      }
    }
    state "b" { final = true }
  }
}
