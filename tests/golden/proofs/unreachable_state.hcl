provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" { transition = "done" }
    state "open" "skip" {
      when       = event.n == 1 && event.n == 2
      transition = "skipped"
    }
    state "skipped" { final = true }
    state "forgotten" "go" { transition = "done" }
    state "done" { final = true }
  }
}
