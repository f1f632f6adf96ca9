provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" { transition = "done" }
    state "open" "ask" {
      set        = { by = event.user }
      transition = "asked"
    }
    state "asked" "answer" {
      when       = context.by == "ada"
      transition = "done"
    }
    state "asked" {
      after {
        delay      = "24h"
        transition = "waiting"
      }
    }
    state "waiting" "remind" { transition = "asked" }
    state "done" { final = true }
  }
}
