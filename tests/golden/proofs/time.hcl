provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" { transition = "review" }
    state "review" {
      on "changed" { transition = "review" }
      on "approved" { transition = "done" }
      after {
        delay      = "72h"
        transition = "stale"
      }
    }
    state "stale" "revive" { transition = "open" }
    state "done" { final = true }
  }
  property "never stale" { never = state == "stale" }
  property "decided in three days" {
    leads_to = ["done", "stale"]
    from     = "review"
    within   = "72h"
  }
  property "can be stale on the first day" {
    reachable = "stale"
    from      = "review"
    within    = "24h"
  }
  property "can be stale on the third day" {
    reachable = "stale"
    from      = "review"
    within    = "72h"
  }
}
