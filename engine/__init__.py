"""Interlock: webhooks come in, declared state machines decide, and only legal transitions go out.

The one data flow, whose verbs are the names of the modules::

    receive -> verify -> inbox (durable, then the answer)
        -> correlate -> observe -> decide -> commit -> perform -> confirm

Imports go one way: words and config, language, machine, sources, decide, store or processors, run, serve, cli.
"""

__version__ = "0.1.0"
