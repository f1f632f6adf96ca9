provisioner "soc" {
  receive "github" "pull_request" {
    when   = event.action == "closed" && event.pul_request.merged
    entity = issue_keys(event.pull_request.title)
    fire   = "merged"
  }
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "merged" {
        when = event.pull_request.base.reff == "main"
        transition = "bb"
      }
    }
    state "b" {
      on "go" {
        when = event.a == 1 && event.a == 2
        transition = "a"
      }
    }
  }
  property "p" {
    never = state == "a"
  }
}
provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "next" {
        when = event.release.body == "1" && event.release.body == "2"
        transition = "c"
      }
    }
    state "lost" {
    }
    state "c" {
       final = true
    }
  }
  property "p" {
    never = state == "a"
  }
}
