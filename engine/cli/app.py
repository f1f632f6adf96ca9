"""The commands and what they are called."""

from collections.abc import Sequence
from difflib import get_close_matches

from cyclopts import App, Group, Parameter

from engine import __version__

_HELP = """Declared state machines decide which calls follow a webhook.

Start with `interlock run --practice`: it shows one signed delivery moving an issue of a practice Jira.
`interlock COMMAND --help` explains a command. The exit status of each is 0 if all is well, 1 if something is not, which
is said, and 2 if the command line cannot be understood.
"""

#: The panels of the list of commands, in their order, and what is in each.
_PANELS = {
    "Write definitions": ("check", "test", "simulate", "graph", "fmt", "explain", "lsp", "import", "schema"),
    "Run them": ("run", "hooks", "practice", "chaos"),
    "See what happened": ("show", "deliveries", "backends", "replay", "verify"),
    "Step in": ("approvals", "deadletters", "retry", "pause", "resume", "pauses", "store"),
}

_GROUPS = {
    "approvals": "Look at what people are asked, and answer for one of them.",
    "deadletters": "Look at what was given up, put it back, or drop it.",
    "import": "Convert what other systems have into definitions.",
    "hooks": "Register the endpoints that sources send to, and look at them.",
    "store": "Look after the store: check it, copy it, remove what is old.",
    "schema": "Print what editors want to know about files.",
    "practice": "Stand-ins to practise against: a Jira, and deliveries of every source.",
}

#: What is typed, the function that answers it, and one line for the list of commands.
_COMMANDS = (
    ("run", "run:run", "Start the daemon; with --practice, see it at work."),
    ("check", "check:check", "Check definitions and workers.yaml, and list every problem."),
    ("test", "test:run_tests", "Run the test blocks of definitions."),
    ("graph", "graph:graph", "Draw a definition: Mermaid, DOT, SVG or a table."),
    ("simulate", "simulate:simulate_command", "Show what one delivery would do, without doing it."),
    ("fmt", "fmt:fmt", "Rewrite definitions in the canonical style."),
    ("lsp", "lsp:lsp", "Serve editors: problems, completion, hover, rename and more."),
    ("import scxml", "import_scxml:import_scxml", "Write an SCXML document as a definition."),
    ("explain", "explain:explain", "Explain a word: the code of a problem, a verdict, a block, a function."),
    ("show", "show:show", "Show an entity: its state, why, and what is still to be done."),
    ("deliveries", "deliveries:deliveries", "List what came in, and what became of it."),
    ("replay", "replay:replay", "Decide again from history, without effects, and list what differs."),
    ("verify", "verify:verify", "Check that the history is whole and comes out the same again."),
    ("chaos", "chaos:chaos", "Kill the daemon again and again, and see whether anything is lost."),
    ("approvals list", "approvals:list_", "List what people are asked now."),
    ("approvals show", "approvals:show", "Show what one entity asks, and what was answered so far."),
    ("approvals approve", "approvals:approve", 'Answer "approve".'),
    ("approvals reject", "approvals:reject", 'Answer "reject".'),
    ("approvals answer", "approvals:answer", "Give any other answer."),
    ("retry", "retry:retry", "Try at once what waits for its next attempt."),
    ("pause", "pauses:pause", "Let nothing happen for a project or a worker for a while."),
    ("resume", "pauses:resume", "Let what is paused go on."),
    ("pauses", "pauses:pauses", "List what is paused."),
    ("backends", "backends:backends", "List the backends a daemon calls, and which it leaves alone."),
    ("deadletters list", "deadletters:list_", "List what was given up."),
    ("deadletters show", "deadletters:show", "Show one dead letter with every attempt."),
    ("deadletters retry", "deadletters:retry", "Put dead letters back into their lanes."),
    ("deadletters drop", "deadletters:drop", "Settle dead letters without doing anything about them."),
    ("deadletters bury", "bury:bury", "Give up what is parked: no configuration wants it any more."),
    ("hooks register", "hooks:register", "Register a hook and print its secret, this once."),
    ("hooks update", "hooks:update", "Give a hook a new secret."),
    ("hooks import", "hooks:import_", "Register or update a hook with a secret that you have."),
    ("hooks list", "hooks:list_", "List the hooks, without their secrets."),
    ("hooks find", "hooks:find", "Show one hook, without its secret."),
    ("store check", "store:check", "Check the file, its schema and its rows."),
    ("store backup", "store:backup", "Copy the store to a file while a daemon writes."),
    ("store restore", "store:restore", "Put a backup in the store's place."),
    ("store info", "store:info", "Say what is in the store, and who works on it."),
    ("store prune", "store:prune", "Remove what is finished and old."),
    ("schema workers", "schema:workers", "Print the JSON Schema of workers.yaml."),
    ("practice jira", "practice:jira", "Serve a practice Jira on loopback."),
    (
        "practice deliver",
        "practice:deliver",
        "Send a signed delivery to a running daemon: a GitHub release, or another one.",
    ),
)


def _told(default: object) -> str | None:
    """A default as the help says it; None where it goes without saying: a flag is off, a text is empty."""
    return None if default is None or default is False or default == "" else str(default)


def unknown_command(given: Sequence[str]) -> str | None:
    """What to say of a command line whose first word is no command; None if it is one, or a flag."""
    names = sorted({words.split()[0] for words, _, _ in _COMMANDS})
    if not given or given[0].startswith("-") or given[0] in names:
        return None
    close = get_close_matches(given[0], names, n=1)
    meant = f' Did you mean "{close[0]}"?' if close else ""
    return f'there is no command "{given[0]}".{meant} The commands are {", ".join(names)}.'


def make_app(given: Sequence[str] = ()) -> App:
    """The whole command line; a command's module is imported when it is called.

    `given` is what was typed: the command in it shows its own docstring as help, the others one line each.
    """
    app = App(
        name="interlock",
        help=_HELP,
        version=__version__,
        help_format="markdown",
        result_action="return_value",
        default_parameter=Parameter(show_default=_told),
    )
    titled = {title: Group(title, sort_key=place) for place, title in enumerate(_PANELS)}
    panels = {name: titled[title] for title, names in _PANELS.items() for name in names}
    groups = {name: App(name=name, help=purpose) for name, purpose in _GROUPS.items()}
    for name, group in groups.items():
        group.group = panels[name]
        app.command(group)
    for words, place, purpose in _COMMANDS:
        *group_name, name = words.split()
        called = words.split() == list(given[: len(words.split())])
        home = groups[group_name[0]] if group_name else app
        panel = None if group_name else panels[name]
        home.command(f"engine.cli.{place}", name=name, help=None if called else purpose, group=panel)
    app.register_install_completion_command()
    flags = Group("Flags", sort_key=len(_PANELS))
    for name in ("--help", "--version", "--install-completion"):
        app[name].group = (flags,)
    return app
