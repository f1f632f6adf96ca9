provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "done" }
    state "to_do" "next" { transition = "to_do" }

    state "done" {
      on "next" {
        when       = event.sure
        transition = "to_do"
      }
      on "next" { transition = "<end>" }
      on "next" {
        when       = event.really
        transition = "to_do"
      }
    }
  }
}

provisioner "SOC" {
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "<end>" }
  }
}
