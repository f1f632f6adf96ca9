provisioner "soc" {
  receive "github" "release" {
    entity = issue_keys(event.relase.body)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" { transition = }
    }
  }
}

provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "next" { transition = "a" }
    }
    state "island" {
      on "next" { transition = "a" }
    }
  }
  property "it ends" { reachable = "island" }
}
