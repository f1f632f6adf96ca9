locals {
  merged = event.action == "closed"
    && event.pull_request.merged
  title = "first
  second"
  grün = "ä${ 1 + }ö"
	tabbed = [1 2]
}
