"""What happens between a verified delivery and a confirmed call: intake, lanes, deciding, performing."""
