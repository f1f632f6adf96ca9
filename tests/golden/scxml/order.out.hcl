provisioner "order" {
  statemachine "order" {
    initial = "start"

    state "start" {
      alias = null
      always {
        transition = "open"
        set = {
          attempts = 0
          limits   = { most = 3, names = ["ada", "bob"] }
        }
      }
    }

    state "open" {
      on_enter {
        set = {
          last     = (context.attempts == 0) ? try(context.last, null) : ((context.attempts < try(context.limits.most, null)) ? "try ${context.attempts}" : try(context.last, null))
          attempts = context.attempts + 1
          kept_2   = context.attempts == 0
          kept_3   = !(context.attempts == 0)
          kept_4   = !(context.attempts < try(context.limits.most, null))
        }
        raise "first" {
          when  = context.kept_2
          event = null
        }
        raise "too.many" {
          when  = context.kept_3 && context.kept_4
          event = null
        }
      }
      on_exit {
        cancel "remind" {}
      }
      on "first.*" {
        raise "remind" {
          event = null
          delay = "1.5h"
        }
      }
      on "remind.*" {
        set = {}
      }
      on "paid.*" {
        when       = try(event.amount, null) > 0 && !contains(active, "paid")
        transition = "paid.billing.billed & paid.packing.packed"
      }
      on "card.ok.*" {
        when       = try(event.amount, null) > 0 && !contains(active, "paid")
        transition = "paid.billing.billed & paid.packing.packed"
      }
      on "too.*" {
        transition = "lost"
      }
      on "retry.*" {
        transition = "open"
      }
    }

    parallel "paid" {
      on "done.state.paid.packing" {
        when = try(event.tries, null) > 1
        set  = {}
      }
      on "done.state.paid" {
        transition = "shipped"
      }
      on "hold.*" {
        transition = "held"
      }

      state "packing" {
        initial = "paid.packing.packing_todo"
        on "again.*" {
          transition = "paid.packing.packing_todo"
          leave      = false
        }
        history "packing_last" {
          deep       = true
          transition = "paid.packing.packing_todo"
        }

        state "packing_todo" {
          on "pack.*" {
            transition = "paid.packing.packed"
          }
        }

        state "packed" {
          final = true
          event = { tries = context.attempts }
        }
      }

      state "billing" {
        initial = "paid.billing.bill"

        state "bill" {
          on "*" {
            when       = fired == "bill"
            transition = "paid.billing.billed"
          }
        }

        state "billed" {
          final = true
          event = null
        }
      }
    }

    state "held" {
      on "go.*" {
        transition = "paid.packing.packing_last"
      }
    }

    state "lost" {
      always {
        when       = (context.attempts % 2) == 1 || (try(context.last, null) != null && try(context.last, null) != "")
        transition = "shipped"
      }
    }

    state "shipped" {
      final = true
    }

    state "*" {
      on "reset.*" {
        transition = "open"
      }
    }
  }
}
