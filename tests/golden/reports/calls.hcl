provisioner "soc" {
  receive "github" "pull_request" {
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }
  statemachine "soc" {
    initial = "a"
    state "a" {
      on "next" {
        transition = "b"
        action "http" "t" {
          ulr = "http://x"
          method = "PSOT"
          timeout = "soon"
        }
        action "http" "u" {
          url = 5
          headers = "x"
          body = 1
          text = "x"
        }
        action "http" "fine" {
          url = "https://x.example/${entity.id}"
          method = event.action
          headers = { A = "b" }
        }
      }
    }
    state "b" { final = true }
  }
}
