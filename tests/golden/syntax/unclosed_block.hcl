provisioner "soc" {
  statemachine "soc" {
    initial = "to_do"

    state "to_do" "next" {
      transition = "done"
  }
}
