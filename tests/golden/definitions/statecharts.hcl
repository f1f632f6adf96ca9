provisioner "dev" {
  aliasmapper "dev" {
    aliases = {
      open            = "Open"
      "review.wait"   = "Waiting"
      checks          = "Checking"
      "checks.a.x"    = "X"
      "checks.a"      = "A"
    }
  }

  receive "github" "release" {
    entity     = ["DEV-1"]
    fire       = "after.open.1"
    ordered_by = event.relase
  }

  statemachine "dev" {
    initial = "review.wiat"

    state "open" {
      initial = "nowhere"
      on "next" {}
      on "ask" {
        transition = "wait"
        request {
          comment = "x"
        }
      }
      on "stay" {
        set = { x = 1 }
        request {
          comment = "no call is made"
        }
      }
      on "after.open.1" { transition = "review" }
      always { set = { x = 1 } }
      after {
        delay      = "three days"
        transition = "review"
      }
      after {
        transition = "review"
      }
      history "last" {
      }
      on_enter {
        transition = "open"
        action "http" "x" {
          on_failure {
          }
        }
      }
      on_enter {
      }
    }

    state "review" {
      on "done.state.review" { transition = "open" }
      on "done.state.reviw" { transition = "open" }
      state "wait" {
        on "next" { transition = "raed" }
      }
      state "read.it" {
      }
      state "read" {
        alias = null
      }
      state "*" "drop" { transition = "open" }
      history "wait" {
      }
      history "out" { transition = "open" }
    }

    state "final" {
      final   = true
      initial = "x"
      on_exit {
      }
      after {
        delay      = 5
        transition = "open"
      }
      state "x" {
        initial = "y"
      }
    }

    parallel "checks" {
      initial = "a"
      state "a" {
        initial = "x"
        state "x" {
        }
      }
      state "b" { final = true }
    }

    parallel "empty" {
    }

    state "a & b" { alias = null }
    state "*" {
      after {
        delay      = 5
        transition = "open"
      }
    }
  }
}
