variable "grace" {
  type    = number
  default = 5
}

variable "team" {
  type = object({ name = string, members = optional(list(string), []) })
  default = {
    name = "red"
  }
}

locals {
  age   = "old" - 1
  late  = var.grace + 1
  lead  = local.late.lead
  names = [for name in var.team.name : upper(name)]
}

provisioner "p" {
  aliasmapper "p" {
    aliases = { a: "A", b: "B" }
  }
  receive "github" "push" {
    when       = 5
    entity     = 7
    fire       = ["next"]
    ordered_by = [event.id]
  }
  statemachine "p" {
    initial = "a"
    state "a" {
      on "attributes" {
        when       = "yes"
        set        = [event.id]
        transition = "b"
      }
      on "operators" {
        when       = var.team + 1 > 2 && event.id
        set        = { a = -state, b = !5, c = event.id / 0, d = "x" % event.id }
        transition = "b"
      }
      on "calls" {
        when       = upper([event.id]) == "A"
        set        = { a = regex("(", event.ref), b = max("one", event.id), c = join(",", state...) }
        transition = "b"
      }
      on "paths" {
        when       = var.team.nam == "red"
        set        = { a = [event.id, 2][5], b = { x = event.id }.y, c = var.team[0], d = state["a"], e = active["a"] }
        transition = "b"
      }
      on "loops" {
        when       = [for x in var.grace : x] == []
        set        = { a = [for x in [event.id] : x if []], b = { for x in [event.id] : var.team => x }, c = [state][*].name }
        transition = "b"
      }
      on "texts" {
        when       = "is ${active}" == "is a" && true
        set        = { a = "%{ for x in state }${x}%{ endfor }", b = { (active) = 1 }, c = "${null}!" }
        transition = "b"
      }
      on "choices" {
        when       = active ? true : false
        set        = { a = event.id ? state : active, b = event.id ? 1 / 0 : [1][1], c = true ? 1 : [2], d = try(1 / 0, "a" * 2) }
        transition = "b"
      }
      on "constants" {
        set        = { a = 1 / 0, b = [1, 2][5], c = { a = 1 }.b, d = upper([1]) }
        transition = "b"
      }
      on "what may go well" {
        when       = event.closed && upper([1]) == "A" || false && 1 / 0 == 1
        set        = { a = try(1 / 0, 0), b = can([1][7]), c = event.id + 1, d = true ? 1 : "a", e = [for x in event.list : x + []] }
        transition = "b"
      }
      after {
        delay      = active
        transition = "b"
      }
    }
    state "b" {}
  }
}
