provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = "k"
  }
  statemachine "dev" {
    initial = "both"
    parallel "both" {
      state "code" {
        initial = "writing"
        state "writing" {
          after {
            delay      = "1h"
            transition = "written"
          }
        }
        state "written" "k" { transition = "merged" }
        state "merged" {}
      }
      state "docs" {
        initial = "missing"
        state "missing" {
          after {
            delay      = "1h"
            transition = "there"
          }
        }
        state "there" {}
      }
    }
  }
  property "no code without docs" {
    never = contains(active, "both.code.merged") && contains(active, "both.docs.missing")
  }
}
