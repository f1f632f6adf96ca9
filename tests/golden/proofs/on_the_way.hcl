provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "new"
    state "new" {
      always { transition = "open" }
    }
    state "open" "go" {
      set        = { tries = 1 }
      transition = "route"
    }
    state "route" {
      always {
        when       = context.tries == 2
        transition = "lost"
      }
      always {
        when       = event.fast
        transition = "done"
      }
      always { transition = "waiting" }
    }
    state "waiting" {
      after {
        delay      = "1h"
        transition = "done"
      }
      after {
        delay      = "1h"
        transition = "lost"
      }
      on "k" {
        when       = try(context.tries, 0) == 1
        transition = "lost"
      }
    }
    state "lost" { final = true }
    state "done" { final = true }
  }
  property "nothing is routed" { never = state == "route" }
  property "everything is routed" { eventually = "route" }
  property "what is routed is done" {
    leads_to = "done"
    from     = "route"
  }
  property "at once" {
    reachable = "done"
    within    = 1
  }
}
