# The layout that the predecessor's README shows, which its own code never accepted.
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", done: "Done" }
  }
}

statemachine "soc" {
  entrypoint = "to_do"
  state "to_do" "next" { transition = "done" }
  state "done" "next" { transition = "<end>" }
}
