locals {
  wide   = local.deeper == 1
  deeper = local.gone
  spare  = 1
  also   = local.spare
}

variable "grace" { default = "1h" }
variable "unused" { default = "1h" }

provisioner "soc" {
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" {
        when       = local.wide
        transition = "lost"
      }
      on "other" { transition = "gone" }
      after {
        delay      = var.grcae
        transition = "a"
      }
    }
    sate "lost" {
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
}
