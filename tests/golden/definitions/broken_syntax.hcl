provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", done: "Done" }
  }
  statemachine "soc" {
    initial = "to_do
    state "to_do" "next" { transition = "done" }
    state "done" "next" { transition = }
    stat "x" "next" { transition = "done" }
  }
}
