"""The commands and what they are called."""

from cyclopts import App

from engine import __version__

_HELP = """Declared state machines decide which calls follow a webhook.

Start with `interlock run --practice`: it shows one signed delivery moving an issue of a practice Jira.
"""


def make_app() -> App:
    """The whole command line; a command's module is imported when it is called."""
    app = App(
        name="interlock",
        help=_HELP,
        version=__version__,
        help_format="markdown",
        result_action="return_value",
    )
    app.command("engine.cli.run:run", name="run")
    app.command("engine.cli.check:check", name="check")
    app.command("engine.cli.show:show", name="show")
    app.command("engine.cli.deliveries:deliveries", name="deliveries")
    hooks = App(name="hooks", help="Register the endpoints that sources send to, and look at them.")
    for verb in ("register", "update", "import", "list", "find"):
        hooks.command(
            f"engine.cli.hooks:{verb}_" if verb in {"import", "list"} else f"engine.cli.hooks:{verb}",
            name=verb,
        )
    app.command(hooks)
    practice = App(name="practice", help="Stand-ins to practise against: a Jira, and GitHub's deliveries.")
    practice.command("engine.cli.practice:jira", name="jira")
    practice.command("engine.cli.practice:deliver", name="deliver")
    app.command(practice)
    app.register_install_completion_command()
    return app
