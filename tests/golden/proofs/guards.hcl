provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  statemachine "dev" {
    initial = "open"
    state "open" {
      on "merged" {
        when       = event.lines > 100
        transition = "large"
      }
      on "merged" { # shadowed
        when       = event.lines > 200 && event.base == "main"
        transition = "huge"
      }
      on "merged" { # overlaps the first
        when       = event.base == "main"
        transition = "done"
      }
      on "merged" { # never true
        when       = event.lines == 1 && event.lines == 2
        transition = "done"
      }
    }
    state "large" "ok" { transition = "done" }
    state "huge" "ok" { transition = "done" }
    state "done" { final = true }
  }
}
