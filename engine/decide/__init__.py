"""Pure decisions: what an event does to an instance, and what to try again. The loops in `run` obey."""
