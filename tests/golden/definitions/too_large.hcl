# Values that no evaluation can afford, wherever they stand.
provisioner "dev" {
  receive "github" "pull_request" {
    when   = length(setproduct(range(1000), range(1000), range(1000), range(1000))) > 1
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }

  statemachine "dev" {
    initial = "to_do"

    state "to_do" {
      on "next" {
        when       = try(length(setproduct(range(1000), range(1000), range(1000), range(1000))), event.number) > 1
        set        = { all = setproduct(range(1000), range(1000), range(1000), range(1000)) }
        transition = "done"
        action "http" "tell" {
          url  = "https://chat.example"
          body = { all = setproduct(range(1000), range(1000), range(1000), range(1000)), of = event.number }
          text = "${length([for a in range(1100) : [for b in range(1100) : a]])} pairs"
        }
      }
    }

    state "done" { final = true }
  }
}
