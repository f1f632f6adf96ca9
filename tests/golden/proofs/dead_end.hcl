provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" { transition = "parked" }
    state "open" "stop" { transition = "done" }
    state "parked" {}
    state "done" { final = true }
  }
}
