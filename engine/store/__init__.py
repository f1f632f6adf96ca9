"""The one file on disk: what was received, what was decided, what is still to be called.

`database.Store` opens it, writes through one thread that commits many waiting writes together, and reads snapshots.
Every other module here is about one table: functions over a `Connection`, frozen values in and out.
"""
