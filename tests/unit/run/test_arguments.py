"""What actions and requests give to processors is held against what those take."""

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint

import pytest

from engine.config.workers import read_workers
from engine.diagnostics import Diagnostic, Severity
from engine.errors import PluginError
from engine.machine.read import read_definition
from engine.processors.processor import Processor, ProcessorMaker, Settings
from engine.processors.registry import load_processors
from engine.run.arguments import check_arguments

MAKERS = load_processors([])
JIRA = "workers:\n  atlassian: {statefile: a.hcl, projects: [soc]}\n"
BOARD = "workers:\n  board: {processor: http, statefile: a.hcl, projects: [soc], settings: {SETTINGS}}\n"


def machine(does: str) -> str:
    return (
        'provisioner "soc" {\n  statemachine "soc" {\n    initial = "a"\n    state "a" {\n      on "next" {\n'
        f'        transition = "b"\n{does}\n      }}\n    }}\n    state "b" {{ final = true }}\n  }}\n}}\n'
    )


def action(arguments: str, worker: str = "http") -> str:
    return machine(f'action "{worker}" "it" {{\n{arguments}\n}}')


def request(arguments: str) -> str:
    return machine(f"request {{\n{arguments}\n}}")


def problems(
    text: str,
    workers: str = "",
    makers: Mapping[str, ProcessorMaker] = MAKERS,
    environ: Mapping[str, str] | None = None,
) -> tuple[Diagnostic, ...]:
    read = read_definition(text, "a.hcl")
    assert read.definition is not None, read.diagnostics
    known = read_workers(workers, "workers.yaml").workers if workers else None
    return check_arguments([read.definition], known, makers, environ or {})


def codes(text: str, workers: str = "") -> list[str]:
    return [problem.code for problem in problems(text, workers)]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ('url = "http://x"\nmethod = "PSOT"', "method must be one of GET"),
        ('url = "http://x"\nmethod = 5', "method is a number, and must be a string"),
        ('url = "http://x"\ntimeout = "soon"', "timeout must be seconds"),
        ('url = "http://x"\ntimeout = 0', "timeout must be seconds"),
        ('url = "http://x"\ntimeout = [1]', "timeout is a list, and must be a number or a string"),
        ('url = "/path"', "url must start with http"),
        ("url = length(event.x)", "url is a number, and must be a string"),
        ('url = "http://x"\nheaders = "x"', "headers is a string, and must be an object"),
        ('url = "http://x"\nheaders = { host = "x" }', "the header host is set by Interlock itself"),
        ('url = "http://x"\nheaders = { a = 1 }', "the header a must be text"),
        ('url = "http://x"\ntext = 5', "text is a number, and must be a string"),
        ('url = "http://x"\ntext = "a"\nbody = {}', "takes text or body, not both"),
    ],
)
def test_what_can_never_be_sent(arguments: str, why: str) -> None:
    (problem,) = problems(action(arguments))
    assert problem.code == "wrong_argument"
    assert why in problem.summary
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(
    "arguments",
    [
        "url = event.url",
        "url = event.url != null ? event.url : 5",
        'url = "https://x/${event.id}"\nmethod = "put"\ntimeout = "1m"\nheaders = { a = event.b }',
        'url = "http://x"\nmethod = null\nbody = null\ntext = "a"',
        'url = "http://x"\nbody = event.maybe\ntext = event.text',
    ],
)
def test_what_may_be_sent_is_left_alone(arguments: str) -> None:
    assert problems(action(arguments)) == ()


def test_a_name_that_is_not_taken_is_shown_where_it_stands() -> None:
    (problem,) = problems(action('  ulr   = "http://x"'))
    assert (problem.code, problem.detail) == ("unknown_argument", 'Did you mean "url"?')
    assert problem.subject is not None
    assert (problem.subject.line, problem.subject.column, problem.subject.end_column) == (8, 3, 6)


@pytest.mark.parametrize("arguments", ['method = "GET"', "url = null", 'url = ""'])
def test_a_call_without_an_address(arguments: str) -> None:
    assert codes(action(arguments)) == ["missing_argument"]
    assert codes(request(arguments), BOARD.replace("SETTINGS", "url: 'https://b.example'")) == []
    assert codes(request(arguments), BOARD.replace("SETTINGS", "")) == ["missing_argument"]


def test_a_setting_that_is_not_known_here_is_given_the_benefit_of_the_doubt() -> None:
    from_outside = BOARD.replace("SETTINGS", "url: env://BOARD")
    assert codes(request('url = "/path"'), from_outside) == []
    assert codes(request('method = "x"'), from_outside) == ["wrong_argument"]
    found = problems(
        request('url = "https://c.example"'), from_outside, environ={"BOARD": "https://b.example"}
    )
    assert ["the worker calls https://b.example only" in problem.summary for problem in found] == [True]


def test_fallbacks_and_reactions_are_calls_too() -> None:
    within = 'action "http" "it" {\n  url = "http://x"\n  on_failure {\n    action "http" "then" {\n      url = 5\n    }\n  }\n}'
    assert codes(machine(within)) == ["wrong_argument"]
    entered = machine("").replace("{ final = true }", f"{{\nfinal = true\n on_enter {{\n{within}\n}}\n}}")
    assert codes(entered) == ["wrong_argument"]


def test_a_request_is_checked_where_its_worker_is_known() -> None:
    text = request('resolutoin = "Done"\nfields = 5\ncomment = "ok"')
    assert codes(text) == []
    unknown, wrong = problems(text, JIRA)
    assert (unknown.code, unknown.detail) == ("unknown_argument", 'Did you mean "resolution"?')
    assert wrong.summary.endswith("fields is a number, and must be an object")


def test_jira_makes_no_actions() -> None:
    (problem,) = problems(action("comment = 5", "atlassian"), JIRA)
    assert problem.code == "worker_without_actions"


def test_what_a_worker_of_an_unknown_name_takes_is_not_known() -> None:
    assert codes(action("x = 1", "chat")) == []


class Silent:
    """A processor of somebody else, who says nothing of its arguments."""

    name = "silent"
    worker_names: Sequence[str] = ()
    settings: Mapping[str, str] = {}
    defaults: Mapping[str, str] = {}

    def check(self, settings: Settings) -> Sequence[str]:
        del settings
        return ()

    def connect(self, settings: Settings) -> Processor:
        raise NotImplementedError


class Wrong(Silent):
    name = "wrong"
    arguments = {"a": "what it is for"}  # noqa: RUF012


def test_a_plug_in_may_say_nothing() -> None:
    quiet = "workers:\n  silent: {}\n"
    assert problems(action("x = 1", "silent"), quiet, {**MAKERS, "silent": Silent()}) == ()


def test_a_plug_in_that_says_it_wrong_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    del tmp_path
    from engine.hookspecs import hookimpl

    class Module:
        @hookimpl
        def interlock_processors(self) -> Sequence[ProcessorMaker]:
            return [Wrong()]

    monkeypatch.setattr(EntryPoint, "load", lambda _: Module())
    plugin = EntryPoint(name="theirs", value="theirs.module", group="interlock")
    with pytest.raises(PluginError, match="arguments are no mapping of names to Argument"):
        load_processors([plugin])
