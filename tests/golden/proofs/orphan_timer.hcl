provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" { transition = "waiting" }
    state "waiting" {
      after {
        delay      = "24h"
        transition = "late"
      }
      after {
        delay      = "72h"
        transition = "done"
      }
    }
    state "late" "go" { transition = "done" }
    state "done" { final = true }
  }
}
