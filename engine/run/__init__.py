"""The loops: intake, perform, timers. They wait and obey; what to do is decided elsewhere."""
