provisioner "dev" {
  receive "github" "push" {
    entity = issue_keys(event.ref)
    fire   = event.action
  }
  aliasmapper "dev" {
    aliases = { open = "Open", done = "Done", reviewd = "In Review" }
  }
  statemachine "dev" {
    initial = "open"
    state "open" "go" { transition = "review" }
    state "review" "ok" { transition = "done" }
    state "done" { final = true }
  }
}
