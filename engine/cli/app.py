"""The commands and what they are called."""

from cyclopts import App

from engine import __version__

_HELP = """Declared state machines decide which calls follow a webhook.

Start with `interlock run --practice`: it shows one signed delivery moving an issue of a practice Jira.
"""

_GROUPS = {
    "hooks": "Register the endpoints that sources send to, and look at them.",
    "practice": "Stand-ins to practise against: a Jira, and GitHub's deliveries.",
}

#: What is typed, the function that answers it, and one line for the list of commands.
_COMMANDS = (
    ("run", "run:run", "Start the daemon; with --practice, see it at work."),
    ("check", "check:check", "Check definitions and workers.yaml, and list every problem."),
    ("test", "test:run_tests", "Run the test blocks of definitions."),
    ("graph", "graph:graph", "Draw a definition: Mermaid, DOT, SVG or a table."),
    ("simulate", "simulate:simulate_command", "Show what one delivery would do, without doing it."),
    ("show", "show:show", "Show an entity: its state, why, and what is still to be done."),
    ("deliveries", "deliveries:deliveries", "List what came in, and what became of it."),
    ("hooks register", "hooks:register", "Register a hook and print its secret, this once."),
    ("hooks update", "hooks:update", "Give a hook a new secret."),
    ("hooks import", "hooks:import_", "Register or update a hook with a secret that you have."),
    ("hooks list", "hooks:list_", "List the hooks, without their secrets."),
    ("hooks find", "hooks:find", "Show one hook, without its secret."),
    ("practice jira", "practice:jira", "Serve a practice Jira on loopback."),
    ("practice deliver", "practice:deliver", "Send a signed GitHub release to a running daemon."),
)


def make_app() -> App:
    """The whole command line; a command's module is imported when it is called."""
    app = App(
        name="interlock",
        help=_HELP,
        version=__version__,
        help_format="markdown",
        result_action="return_value",
    )
    groups = {name: App(name=name, help=purpose) for name, purpose in _GROUPS.items()}
    for group in groups.values():
        app.command(group)
    for words, place, purpose in _COMMANDS:
        *group_name, name = words.split()
        (groups[group_name[0]] if group_name else app).command(f"engine.cli.{place}", name=name, help=purpose)
    app.register_install_completion_command()
    return app
