# Two projects, three statuses each. A published GitHub release whose notes name an issue (SOC-12) sends it "next".
# Each provisioner carries the name of the project it serves; workers.yaml says which backend that is.

provisioner "soc" {
  # The machine's state names, and what Jira calls the same statuses.
  aliasmapper "soc" {
    aliases = {
      to_do       = "To Do",
      in_progress = "In Progress",
      done        = "Done",
    }
  }

  statemachine "soc" {
    initial = "to_do"

    state "to_do" "next" {
      transition = "in_progress"
    }

    state "in_progress" "next" {
      transition = "done"
    }

    state "in_progress" "prev" {
      transition = "to_do"
    }

    # Nothing follows: the event is recorded and nothing is called.
    state "done" "next" {
      transition = "<end>"
    }
  }
}

provisioner "devhop" {
  aliasmapper "devhop" {
    aliases = {
      to_do       = "To Do",
      in_progress = "In Progress",
      done        = "Done",
    }
  }

  statemachine "devhop" {
    initial = "to_do"

    state "to_do" "next" {
      transition = "in_progress"
    }

    state "in_progress" "next" {
      transition = "done"
    }

    state "done" "next" {
      transition = "<end>"
    }
  }
}
