"""An example of each block, which uses all that it may have; a test reads, proves and tests them all."""

from collections.abc import Mapping

#: By the name of the shape: a whole definition; of several files, each begins with a comment that names it.
EXAMPLES: Mapping[str, str] = {
    "provisioner": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "done" { final = true }
  }
}
""",
    "statemachine": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" { transition = "done" }
    }
    state "done" { final = true }
  }
}
""",
    "aliasmapper": """provisioner "soc" {
  aliasmapper "soc" {
    aliases = {
      to_do = "To Do"
      done  = "Done"
    }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "done" { final = true }
  }
}
""",
    "state": """provisioner "soc" {
  aliasmapper "soc" {
    aliases = { review = "In Review", done = "Done" }
  }
  statemachine "soc" {
    initial = "draft"
    state "draft" {
      alias = null # internal
      on "next" { transition = "review" }
    }
    state "review" {
      initial = "first"
      on "next" { transition = "done" }
      state "first" {
        on "read" { transition = "second" }
      }
      on "done.state.review" {
        transition = "done"
        set        = { read_by = event.who }
      }
      state "second" {
        final = true
        event = { who = event.release.author.login }
      }
    }
    state "done" { final = true }
  }
}
""",
    "state event": """provisioner "soc" {
  statemachine "soc" {
    initial = "review"
    state "review" {
      initial = "first"
      state "first" {
      }
      state "second" {
      }
    }
    state "review" "next" {
      when       = event.release.prerelease == false
      transition = "done"
      set        = { shipped_in = event.release.tag_name }
    }
    state "review" "next" {
      transition = "second"
      leave      = false
    }
    state "done" { final = true }
    state "*" "cancelled" { transition = "done" }
  }
}
""",
    "on": """provisioner "soc" {
  statemachine "soc" {
    initial = "review"
    state "review" {
      initial = "first"
      on "next" {
        when       = event.release.prerelease
        transition = "second"
        leave      = false
        set        = { seen_in = event.release.tag_name }
      }
      on "next" { transition = "done" }
      state "first" {
      }
      state "second" {
      }
    }
    state "done" { final = true }
  }
}
""",
    "after": """provisioner "soc" {
  statemachine "soc" {
    initial = "in_review"
    state "in_review" {
      initial = "waiting"
      on "next" { transition = "done" }
      after {
        delay      = "72h"
        when       = try(context.reminded, false)
        transition = "done"
      }
      after {
        delay      = "24h"
        transition = "late"
        leave      = false
        set        = { reminded = true }
      }
      state "waiting" {
      }
      state "late" {
      }
    }
    state "done" { final = true }
  }
}
""",
    "await": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "waiting" }
    state "waiting" {
      await {
        from = ["ada", "grace"]
        answer "approve" { transition = "done" }
        answer "reject" { transition = "to_do" }
      }
    }
    state "done" { final = true }
  }

  test "one approves" {
    given { state = "to_do" }
    when "next" {
    }
    when "await.waiting.approve" { event = { who = "ada" } }
    then { state = "done" }
  }
}
""",
    "answer": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "waiting" }
    state "waiting" {
      initial = "asked"
      await {
        from = ["ada", "grace", "edsger"]
        answer "approve" {
          needs      = 2
          when       = event.who != "edsger"
          transition = "done"
          set        = { approved_by = event.answers[*].who }
        }
        answer "later" {
          transition = "put_off"
          leave      = false
        }
      }
      state "asked" {
      }
      state "put_off" {
      }
    }
    state "done" { final = true }
  }
}
""",
    "always": """provisioner "soc" {
  statemachine "soc" {
    initial = "waiting"
    state "waiting" {
      initial = "none"
      on "approved" {
        set = { approvals = try(context.approvals, 0) + 1 }
      }
      always {
        when       = context.approvals == 2
        transition = "done"
        set        = { complete = true }
      }
      always {
        when       = try(context.approvals, 0) == 1 && state == "waiting.none"
        transition = "one"
        leave      = false
      }
      state "none" {
      }
      state "one" {
      }
    }
    state "done" { final = true }
  }

  receive "github" "pull_request_review" {
    entity = issue_keys(event.pull_request.title)
    fire   = "approved"
  }

  test "two approvals" {
    given {
      state   = "waiting"
      context = { approvals = 1 }
    }
    when "approved" {
    }
    then {
      state   = "done"
      context = { complete = true }
    }
  }
}
""",
    "parallel": """provisioner "soc" {
  aliasmapper "soc" {
    aliases = { done = "Done" }
  }
  statemachine "soc" {
    initial = "checks"
    parallel "checks" {
      alias = null
      on "done.state.checks" { transition = "done" }
      state "tests" {
        initial = "running"
        state "running" {
          on "next" { transition = "fine" }
        }
        state "fine" { final = true }
      }
    }
    state "done" { final = true }
  }
}
""",
    "history": """provisioner "soc" {
  receive "github" "issues" {
    entity = issue_keys(event.issue.title)
    fire   = event.action
  }

  statemachine "soc" {
    initial = "review"
    state "review" {
      initial = "wait"
      on "closed" { transition = "paused" }
      history "last" {
        deep       = true
        transition = "wait"
      }
      state "wait" {
        on "assigned" { transition = "read" }
      }
      state "read" {
        on "unassigned" { transition = "wait" }
      }
    }
    state "paused" {
      on "reopened" { transition = "review.last" }
    }
  }
}
""",
    "on_enter": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "done" {
      final = true
      on_enter {
        set = { came_from = previous }
      }
    }
  }
}
""",
    "on_exit": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" { transition = "done" }
      on_exit {
        set = { started_at = now }
      }
    }
    state "done" { final = true }
  }
}
""",
    "raise": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" {
        transition = "in_review"
        raise "overdue" {
          when  = event.release.prerelease == false
          delay = "72h"
          event = { tag = event.release.tag_name }
        }
      }
    }
    state "in_review" {
      on "overdue" {
        transition = "done"
        set        = { late = event.tag }
      }
    }
    state "done" { final = true }
  }

  test "three days are enough" {
    given { state = "to_do" }
    when "next" { event = { release = { tag_name = "v1", prerelease = false } } }
    advance { by = "72h" }
    then {
      state   = "done"
      context = { late = "v1" }
    }
  }
}
""",
    "cancel": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" {
      on "next" {
        transition = "in_review"
        raise "overdue" { delay = "72h" }
      }
    }
    state "in_review" {
      on "next" {
        transition = "done"
        cancel "overdue" {
        }
      }
      on "overdue" { transition = "to_do" }
    }
    state "done" { final = true }
  }
}
""",
    "request": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      request {
        resolution = "Done"
        comment    = "Shipped in ${event.release.tag_name}"
      }
    }
    state "done" { final = true }
  }
}
""",
    "action": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      action "http" "announce" {
        url  = "https://chat.example/hooks/soc"
        body = { text = "${entity.id} shipped" }
      }
    }
    state "done" { final = true }
  }
}
""",
    "on_failure": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      action "http" "announce" {
        url = "https://chat.example/hooks/soc"
        on_failure {
          action "http" "tell_operators" { url = "https://chat.example/hooks/ops" }
        }
      }
    }
    state "done" { final = true }
  }
}
""",
    "receive": """provisioner "soc" {
  receive "github" "pull_request" {
    when       = event.action == "closed" && event.pull_request.merged
    entity     = issue_keys(event.pull_request.title, event.pull_request.head.ref)
    fire       = "merged"
    once_per   = event.pull_request.id
    ordered_by = event.pull_request.updated_at
  }

  statemachine "soc" {
    initial = "in_review"
    state "in_review" "merged" { transition = "done" }
    state "done" { final = true }
  }
}
""",
    "variable": """variable "patience" {
  type        = string
  default     = "72h"
  description = "How long a review may wait"
}

variable "signature" {
  default   = "from the signal box"
  sensitive = true
}

provisioner "soc" {
  statemachine "soc" {
    initial = "in_review"
    state "in_review" {
      on "next" {
        transition = "done"
        request {
          comment = var.signature
        }
      }
      after {
        delay      = var.patience
        transition = "done"
      }
    }
    state "done" { final = true }
  }
}
""",
    "locals": """locals {
  stable = event.release.prerelease == false
}

provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      when       = local.stable
      transition = "done"
    }
    state "done" { final = true }
  }
}
""",
    "module": """# statemachines/lib/review.hcl
variable "patience" { type = string }

provisioner "review" {
  statemachine "review" {
    initial = "in_review"
    state "in_review" {
      on "next" { transition = "done" }
      after {
        delay      = var.patience
        transition = "done"
      }
    }
    state "done" { final = true }
  }
}

# statemachines/soc.hcl
provisioner "soc" {
  module "review" {
    source   = "./lib/review.hcl"
    patience = "72h"
  }
}
""",
    "property": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "in_review" }
    state "in_review" "next" { transition = "done" }
    state "done" { final = true }
  }

  property "known states" {
    always = contains(["to_do", "in_review", "done"], state)
  }
  property "shipped stays shipped" {
    never = previous == "done" && state != "done"
  }
  property "nothing is stranded" {
    reachable = "done"
  }
  property "it ends" {
    eventually = "done"
    within     = 2
  }
  property "a review ends" {
    leads_to = "done"
    from     = "in_review"
  }
}
""",
    "test": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "done" { final = true }
  }

  test "a release finishes it" {
    when "next" {
    }
    then { state = "done" }
  }
}
""",
    "given": """provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do = "To Do", done = "Done" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      set        = { notes = "${context.notes} ${entity.id} ${now}" }
    }
    state "done" { final = true }
  }

  test "notes" {
    given {
      entity  = "SOC-12"
      state   = "to_do"
      context = { notes = "shipped:" }
      status  = "To Do"
      now     = "2026-01-31T12:00:00Z"
    }
    when "next" {
    }
    then { context = { notes = "shipped: SOC-12 2026-01-31T12:00:00Z" } }
  }
}
""",
    "when": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      set        = { tag = event.release.tag_name, by = delivery.source }
    }
    state "done" { final = true }
  }

  test "the tag is kept" {
    when "next" {
      event    = { release = { tag_name = "v1" } }
      delivery = { source = "github" }
    }
    then { context = { tag = "v1", by = "github" } }
  }
}
""",
    "when delivery": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "done" { final = true }
  }

  test "only published releases count" {
    when "github" "release" {
      event = { action = "created", release = { id = 1, body = "SOC-1" } }
    }
    then { verdict = "ignored" }
  }
}
""",
    "advance": """provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "in_review" }
    state "in_review" {
      after {
        delay      = "72h"
        transition = "done"
      }
    }
    state "done" { final = true }
  }

  test "three days in review are enough" {
    given { state = "to_do" }
    when "next" {
    }
    advance { by = "71h" }
    then { state = "in_review" }
    advance { by = "1h" }
    then { state = "done" }
  }
  test "an event at that very moment may come first" {
    given { state = "in_review" }
    advance {
      by     = "72h"
      before = "after.in_review.1"
    }
    then { state = "in_review" }
    advance { by = "0s" }
    then { state = "done" }
  }
}
""",
    "then": """provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do = "To Do", done = "Done" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" {
      transition = "done"
      set        = { shipped = true }
      action "http" "announce" { url = "https://chat.example/hooks/soc" }
    }
    state "done" { final = true }
  }

  test "all of it" {
    given { status = "To Do" }
    when "next" {
    }
    then {
      verdict = "moved"
      state   = "done"
      status  = "Done"
      context = { shipped = true }
      effects = [{ target_status = "Done" }, "announce"]
    }
  }
}
""",
}
