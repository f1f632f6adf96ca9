# What a transition does can never be evaluated, though nobody sees that by reading it.
variable "many" { default = 1000 }

provisioner "dev" {
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }

  statemachine "dev" {
    initial = "to_do"

    state "to_do" {
      on "next" {
        set        = { all = setproduct(range(var.many), range(var.many)) }
        transition = "done"
      }
    }

    state "done" { final = true }
  }
}
