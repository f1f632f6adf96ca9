locals {
  spare = 1
}

provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" { transition = "b" }
    state "b" {
      final = true
    }
  }
}

provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" {
      on "next" { transition = uper("nope") }
    }
  }
}
