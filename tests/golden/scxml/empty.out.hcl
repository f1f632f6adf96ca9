provisioner "machine" {
  statemachine "machine" {
    initial = ""
  }
}
