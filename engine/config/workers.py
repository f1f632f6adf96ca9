"""``workers.yaml``: which backend serves which projects. `schema` makes a JSON Schema from the same table."""

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from engine.config.suggest import did_you_mean
from engine.diagnostics import Diagnostic, Severity, Span
from engine.frozen import frozen

if TYPE_CHECKING:
    from engine.config.yaml_text import Key, Positioned


@frozen
class Worker:
    """One backend: what it serves and how it is reached."""

    #: Its name in the file: ``atlassian``.
    name: str
    #: The word after ``processor:``; None where the name says it.
    processor: str | None = None
    #: The definitions of its projects, relative to the machines directory; None for a worker that only makes extra calls.
    statefile: str | None = None
    #: The projects whose state it holds, lower case.
    projects: tuple[str, ...] = ()
    #: What its processor takes, references unresolved.
    settings: Mapping[str, Any] = field(default_factory=dict)
    #: Values for the variables of its definitions, references unresolved.
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    #: Where the name stands.
    span: Span | None = None
    #: Where the members stand (``statefile``, ``processor``…).
    member_spans: Mapping[str, Span] = field(default_factory=dict)
    #: Where each project stands.
    project_spans: Mapping[str, Span] = field(default_factory=dict)
    #: Where each setting's value stands.
    setting_spans: Mapping[str, Span] = field(default_factory=dict)
    #: Where each variable's value stands.
    variable_spans: Mapping[str, Span] = field(default_factory=dict)
    #: Where the name of each setting stands.
    setting_names: Mapping[str, Span] = field(default_factory=dict)
    #: Where the name of each variable stands.
    variable_names: Mapping[str, Span] = field(default_factory=dict)


@frozen
class Workers:
    """Every worker, in the order of the file."""

    workers: tuple[Worker, ...]

    def named(self, name: str) -> Worker | None:
        """The worker of that name."""
        return next((w for w in self.workers if w.name == name), None)

    def serving(self, project: str) -> Worker | None:
        """The worker that holds that project's state."""
        return next((w for w in self.workers if project in w.projects), None)

    @property
    def projects(self) -> tuple[str, ...]:
        """Every configured project."""
        return tuple(p for w in self.workers for p in w.projects)

    @property
    def statefiles(self) -> tuple[str, ...]:
        """Every statefile, once, in the order of the file."""
        return tuple(dict.fromkeys(w.statefile for w in self.workers if w.statefile is not None))


@frozen
class WorkersResult:
    """What reading gave: values if nothing is wrong, and everything that is."""

    #: None where any diagnostic is an error.
    workers: Workers | None
    diagnostics: tuple[Diagnostic, ...]


@frozen
class Member:
    """A member of a worker: what the reader accepts and what the schema says."""

    #: As in JSON Schema: ``string``, ``array`` (of strings) or ``object``.
    type: str
    #: For the author's editor.
    purpose: str


#: What a worker may say. The reader and the schema are both made from this.
MEMBERS: Mapping[str, Member] = {
    "processor": Member(
        type="string", purpose="The kind of backend; the worker's own name says it where this is missing."
    ),
    "statefile": Member(
        type="string",
        purpose="The definitions of these projects, a file or a folder, relative to the machines directory.",
    ),
    "projects": Member(
        type="array", purpose="The projects whose state this backend holds; one provisioner each."
    ),
    "variables": Member(
        type="object",
        purpose="Values for the variables of these definitions; a value env://NAME is read from the environment.",
    ),
    "settings": Member(
        type="object", purpose="What the processor takes; a value env://NAME is read from the environment."
    ),
}

_KINDS: Mapping[str, type] = {"string": str, "array": list, "object": dict}
_KIND_WORDS = {"string": "text", "array": "a list", "object": "a mapping"}
_KIND_HINTS = {
    "string": "Put it in quotes if it is meant as text.",
    "array": "Put it in brackets, [like, this], or write one a line, each behind a dash.",
}
_SHAPE = "The file starts with `workers:`, then a name, then `statefile:` and `projects:`."


def read_workers(text: str, filename: str) -> WorkersResult:
    """Read the text of a ``workers.yaml``; never raises for what it says."""
    from engine.config.yaml_text import read_yaml  # a definition alone is checked without

    document, diagnostics = read_yaml(text, filename)
    reader = _Reader(diagnostics)
    workers: tuple[Worker, ...] = ()
    if document is not None:
        workers = reader.document(document)
    elif not diagnostics:
        reader.problem("workers_missing", None, f"{filename} is empty", _SHAPE)
    if any(d.severity is Severity.ERROR for d in diagnostics):
        return WorkersResult(workers=None, diagnostics=tuple(diagnostics))
    return WorkersResult(workers=Workers(workers=workers), diagnostics=tuple(diagnostics))


class _Reader:
    """Walks the document and collects every problem."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        self.diagnostics = diagnostics
        self.served: dict[str, tuple[str, Span]] = {}

    def problem(self, code: str, subject: Span | None, summary: str, detail: str) -> None:
        self.diagnostics.append(Diagnostic(code=code, summary=summary, detail=detail, subject=subject))

    def document(self, document: "Positioned") -> tuple[Worker, ...]:
        if not self.is_kind("object", document, "the file"):
            return ()
        for name, key in document.keys.items():
            if name != "workers":
                self.unknown("the file", key, ["workers"])
        listed = document.value.get("workers")
        if listed is None:
            if not self.diagnostics:
                self.problem("workers_missing", document.span, "There is no member `workers`", _SHAPE)
            return ()
        if listed.value is None or listed.value == {}:
            self.problem(
                "workers_missing", document.keys["workers"].span, "`workers` names no worker", _SHAPE
            )
            return ()
        if not self.is_kind("object", listed, "`workers`"):
            return ()
        return tuple(self.worker(listed.keys[name], body) for name, body in listed.value.items())

    def worker(self, key: "Key", body: "Positioned") -> Worker:
        name = key.name
        if not name.strip() or name != name.strip():
            self.problem(
                "wrong_value", key.span, "A worker's name is a word", "Name the worker after its backend."
            )
        members = self.members(key, body)
        projects = self.projects(name, members.get("projects"))
        settings, variables = members.get("settings"), members.get("variables")
        worker = Worker(
            name=name,
            processor=self.word("processor", members),
            statefile=self.word("statefile", members),
            projects=tuple(projects),
            settings={} if settings is None else settings.plain(),
            variables={} if variables is None else variables.plain(),
            span=key.span,
            member_spans={member: value.span for member, value in members.items()},
            project_spans=projects,
            setting_spans={} if settings is None else {n: v.span for n, v in settings.value.items()},
            variable_spans={} if variables is None else {n: v.span for n, v in variables.value.items()},
            setting_names={} if settings is None else {n: k.span for n, k in settings.keys.items()},
            variable_names={} if variables is None else {n: k.span for n, k in variables.keys.items()},
        )
        self.together(worker, body)
        return worker

    def members(self, key: "Key", body: "Positioned") -> "dict[str, Positioned]":
        """The members that are of the right kind; an empty worker has none."""
        if body.value is None or not self.is_kind("object", body, f'The worker "{key.name}"'):
            return {}
        found = {}
        for name, value in body.value.items():
            member = MEMBERS.get(name)
            if member is None:
                self.unknown(f'The worker "{key.name}"', body.keys[name], MEMBERS)
            elif value.value is not None and self.is_kind(member.type, value, f"`{name}`"):
                found[name] = value
        return found

    def word(self, member: str, members: "Mapping[str, Positioned]") -> str | None:
        value = members.get(member)
        if value is None:
            return None
        text: str = value.value
        if not text.strip() or text != text.strip() or not text.isprintable():
            self.problem("wrong_value", value.span, f"`{member}` is blank", f"{MEMBERS[member].purpose}")
        elif member == "statefile" and text.startswith("/"):
            self.problem(
                "wrong_value",
                value.span,
                "`statefile` starts at the machines directory",
                "Write the path without the leading slash, and name the directory with --machines.",
            )
        return text

    def projects(self, worker: str, listed: "Positioned | None") -> dict[str, Span]:
        found: dict[str, Span] = {}
        for item in [] if listed is None else listed.value:
            if not self.is_kind("string", item, "a project"):
                continue
            project = item.value.lower()
            if not project or not all(c.isalnum() or c in "_-" for c in project):
                self.problem(
                    "wrong_value",
                    item.span,
                    f"{item.value!r} is not a project key",
                    "A project's key is what stands before the number: soc for SOC-12.",
                )
            elif project in self.served:
                other, span = self.served[project]
                self.problem(
                    "duplicate_project",
                    item.span,
                    f'The project "{project}" is served twice',
                    f'"{other}" names it in line {span.line}. One backend holds the state of a project; remove one of the two.',
                )
            else:
                self.served[project] = (worker, item.span)
                found[project] = item.span
        return found

    def together(self, worker: Worker, body: "Positioned") -> None:
        """What the members say about each other."""
        members = body.plain() if isinstance(body.value, dict) else {}
        if worker.projects and members.get("statefile") is None:
            self.problem(
                "statefile_missing",
                worker.span,
                f'The worker "{worker.name}" serves projects and has no statefile',
                "Add `statefile:` with the name of their definitions; only a worker without projects can do without.",
            )
        elif worker.variables and worker.statefile is None:
            self.problem(
                "statefile_missing",
                worker.span,
                f'The worker "{worker.name}" has variables and no statefile',
                "Add `statefile:` with the name of the definitions that declare them.",
            )
        elif worker.statefile is not None and not members.get("projects"):
            self.diagnostics.append(
                Diagnostic(
                    code="projects_missing",
                    summary=f'The worker "{worker.name}" has a statefile and serves no project',
                    detail="List its `projects:`, or remove the statefile if it only makes extra calls.",
                    subject=worker.span,
                    severity=Severity.WARNING,
                )
            )

    def unknown(self, where: str, key: "Key", known: Any) -> None:
        self.problem(
            "unknown_member", key.span, f'{where} has no member "{key.name}"', did_you_mean(key.name, known)
        )

    def is_kind(self, kind: str, value: "Positioned", what: str) -> bool:
        if isinstance(value.value, _KINDS[kind]):
            return True
        detail = _KIND_HINTS.get(kind, "Check the indentation.")
        self.problem(
            "wrong_type", value.span, f"{what} is {_KIND_WORDS[kind]}, and here stands {value.kind}", detail
        )
        return False
