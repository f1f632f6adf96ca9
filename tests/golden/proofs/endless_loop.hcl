provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" {
      when       = event.fast
      transition = "a"
    }
    state "a" {
      always { transition = "b" }
      on "stop" { transition = "done" }
    }
    state "b" {
      always { transition = "a" }
    }
    state "done" { final = true }
  }
}
