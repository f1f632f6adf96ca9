variable "grace" { default = "72h" }

locals {
  merged = event.action == "closed" && event.pull_request.merged
}

provisioner "dev" {
  aliasmapper "dev" {
    aliases = {
      to_do     = "To Do"
      in_review = "In Review"
      stale     = "Stale"
      done      = "Done"
    }
  }

  receive "github" "pull_request" { # source, event type
    when       = local.merged
    entity     = issue_keys(event.pull_request.title, event.pull_request.head.ref)
    fire       = "merged"
    once_per   = event.pull_request.id         # semantic dedupe
    ordered_by = event.pull_request.updated_at # an older one is "late" and moves nothing
  }

  receive "github" "create" {
    entity = issue_keys(event.ref)
    fire   = "started"
  }

  statemachine "dev" {
    initial = "to_do"

    state "to_do" {
      on "started" { transition = "in_review" }
    }

    state "in_review" {
      on "merged" {
        when       = event.pull_request.base.ref == "main" # guard
        transition = "done"
        set        = { merged_by = event.pull_request.merged_by.login }
        request { # decorates the transition call to the project's backend
          resolution = "Done"
          comment    = "Merged in ${event.pull_request.html_url}"
        }
        action "http" "announce" { # an extra call: a worker of workers.yaml, or the built-in http
          url  = "https://chat.example/hooks/dev"
          body = { text = "${entity.id} shipped" }
        }
      }
      after {
        delay      = var.grace
        transition = "stale"
      }
    }

    state "stale" {
      on "merged" { transition = "done" }
    }

    state "done" {
      final = true
    }
  }

  property "shipped stays shipped" {
    never = previous == "done" && state != "done"
  }

  property "nothing is stranded" {
    reachable = ["done"] # from every reachable state
  }

  test "a merged pull request closes the ticket" {
    given {
      state = "in_review"
    }
    when "merged" {
      event = { pull_request = { base = { ref = "main" }, merged_by = { login = "ada" }, html_url = "u" } }
    }
    then {
      state = "done"
    }
  }
}
