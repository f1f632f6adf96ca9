"""What several tests share: the real daemon and a practice Jira, started and stopped."""
