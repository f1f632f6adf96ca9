"""Stand-ins for the outside world to practise and test against: a Jira, and deliveries as GitHub sends them.

It stands apart: nothing of the engine imports it, only the command line does.
"""
