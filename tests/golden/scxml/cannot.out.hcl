provisioner "machine" {
  statemachine "machine" {
    initial = "start"

    state "start" {
      alias = null
      always {
        transition = "a"
        set = {
          v = 1
        }
      }
    }

    state "a" {
      on "e.*" {
        set = {}
      }
      on "g.*" {
        transition = "a"
      }
    }

    state "b" {
      initial = "b.b1"

      state "b1" {}

      state "b1_2" {}
    }

    state "c" {
      always {
        transition = "a & b"
      }
    }
  }
}
