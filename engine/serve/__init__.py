"""The daemon: HTTP in front of the running engine."""
