provisioner "soc" {
  initial: "to_do"
  entrypoint = 'to_do';
  aliasmapper "soc" { aliases = { to_do: "To Do" }, extra = 1 }
  state "to_do" "next" { transition "done" }
  state "done" { on "next" { transition = "<end>" } }
}
