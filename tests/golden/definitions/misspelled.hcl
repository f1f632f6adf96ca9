# A tired evening: every line of the machine has a slip in it.
provisioner "Soc" {
  aliasmaper "soc" {
    aliases = { to_do: "To Do" }
  }

  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "To Do", dnoe: "Done" }
  }

  statemachine "scc" {
    intial = "to_do"

    state "to_do" "next" { transition = "in_progres" }
    state "in_progress" "next" { transiton = "done" }
    state "in_progress" "prev" { transition = to_do }
    state "done" { finale = true }
  }
}
