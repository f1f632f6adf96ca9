"""The practice Jira against a plain model: random transitions, moves, deletions, permissions and troubles."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.practice.jira.answers import Answer
from engine.practice.jira.asking import Ask
from engine.practice.jira.handling import Begun, begin, finish
from engine.practice.jira.routes import ROUTES, Route
from engine.practice.jira.trouble import KINDS
from engine.practice.jira.workflow import DELIVERY, THORNY
from engine.practice.jira.world import SOMEBODY, JiraWorld

ROUTE: dict[tuple[str, str], Route] = {(route.method, route.path): route for route in ROUTES}
TRANSITIONS = "/rest/api/{version}/issue/{issue}/transitions"
WORKFLOW = {"SOC": DELIVERY, "DEV": THORNY}
KEYS = st.sampled_from(["SOC-1", "SOC-2", "DEV-1"])
#: Enough for every screen of the two workflows, and too much for transitions without one.
RESOLVED = {"resolution": {"name": "Done"}}


@dataclass
class Expected:
    """What the model knows of an issue."""

    status: str = "To Do"
    moves: list[tuple[str, str, str]] = field(default_factory=list)
    deleted: bool = False
    locked: bool = False


class PracticeJira(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = datetime(2026, 1, 1, tzinfo=UTC)
        self.world = JiraWorld(["SOC:2", "DEV:1:thorny"], now=self.tick)
        self.expected = {"SOC-1": Expected(), "SOC-2": Expected(), "DEV-1": Expected()}
        self.may_transition = {"SOC": True, "DEV": True}
        self.late: list[tuple[str, str, Ask, Begun]] = []
        #: Kind, issue and target of every trouble still to be met, in order.
        self.troubles: list[tuple[str, str, str]] = []

    def tick(self) -> datetime:
        self.clock += timedelta(milliseconds=1)
        return self.clock

    def ask(self, method: str, key: str, body: Any = None) -> Ask:
        raw = b"" if body is None else orjson.dumps(body)
        parts = {"version": "3", "issue": key.lower()}
        return Ask(method=method, path=TRANSITIONS, site="http://test", parts=parts, raw=raw)

    def begin(self, ask: Ask) -> Begun:
        token = "Bearer " + self.world.account.token
        return begin(self.world, ROUTE[ask.method, TRANSITIONS], ask, token, "application/json")

    def finish(self, ask: Ask, begun: Begun) -> Answer:
        return finish(self.world, ROUTE[ask.method, TRANSITIONS], ask, begun)

    def status_and_effect(self, key: str, identifier: str, values: dict[str, Any]) -> tuple[int, str | None]:
        """What Jira should answer to a transition, and where the issue should end."""
        expected, workflow = self.expected[key], WORKFLOW[key[:3]]
        if expected.deleted:
            return 404, None
        if expected.locked:
            return 409, None
        wanted = {t.id: t for t in workflow.transitions}.get(identifier)
        if wanted is None or not self.may_transition[key[:3]]:
            return 400, None
        if wanted.sources and expected.status not in wanted.sources:
            return 400, None
        screen = {shown.id for shown in wanted.screen}
        required = {shown.id for shown in wanted.screen if shown.required}
        if set(values) - screen or required - set(values):
            return 400, None
        return 204, wanted.to

    def moved(self, key: str, to: str | None, author: str) -> None:
        if to is not None:
            expected = self.expected[key]
            expected.moves.append((expected.status, to, author))
            expected.status = to

    def moved_by_somebody(self, key: str, to: str) -> None:
        expected, workflow = self.expected[key], WORKFLOW[key[:3]]
        if expected.deleted:
            return
        way = workflow.path(expected.status, to) if to else tuple(workflow.available(expected.status))[:1]
        for transition in way or ():
            self.moved(key, transition.to, SOMEBODY)

    @rule(key=KEYS, data=st.data(), values=st.sampled_from([{}, {}, RESOLVED]))
    def transition(self, key: str, data: st.DataObject, values: dict[str, Any]) -> None:
        workflow, live = WORKFLOW[key[:3]], not self.expected[key].deleted
        likely = [t.id for t in workflow.available(self.expected[key].status)]
        any_of_them = st.sampled_from([*(t.id for t in workflow.transitions), "9"])
        identifier = data.draw(st.one_of(st.sampled_from(likely), any_of_them))
        ask = self.ask("POST", key, {"transition": {"id": identifier}, "fields": values})
        begun = self.begin(ask)
        met = next((t for t in self.troubles if t[1] in {"", key if live else ""}), None)
        if met is None:
            assert begun.trouble is None
            wanted, to = self.status_and_effect(key, identifier, values)
            assert self.finish(ask, begun).status == wanted
            self.moved(key, to, self.world.account.name)
            return
        self.troubles.remove(met)
        trouble = begun.trouble
        assert trouble is not None
        assert (trouble.kind, trouble.issue, trouble.to) == met
        kind = KINDS[trouble.kind]
        if kind.waits == "before" and live:
            if self.expected[key].locked:
                assert self.finish(ask, begun).status == 409
                return
            self.expected[key].locked = True
            self.late.append((key, identifier, ask, begun))
            return
        if kind.meanwhile == "move":
            self.moved_by_somebody(key, trouble.to)
        self.expected[key].deleted |= kind.meanwhile == "delete"
        wanted, to = self.status_and_effect(key, identifier, values)
        answer = self.finish(ask, begun)
        if kind.happens:
            self.moved(key, to, self.world.account.name)
        if kind.ends == "answer":
            assert answer.status == (kind.status or wanted)

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def late_call_ends(self, data: st.DataObject) -> None:
        key, identifier, ask, begun = self.late.pop(data.draw(st.integers(0, len(self.late) - 1)))
        self.expected[key].locked = False
        wanted, to = self.status_and_effect(key, identifier, ask.data()["fields"])
        assert self.finish(ask, begun).status == wanted
        self.moved(key, to, self.world.account.name)

    @rule(key=KEYS, to=st.sampled_from(["", "To Do", "In Progress", "Done"]))
    def somebody_moves(self, key: str, to: str) -> None:
        if not self.expected[key].deleted:
            self.world.move(key, to)
            self.moved_by_somebody(key, to)

    @rule(key=KEYS)
    def somebody_deletes(self, key: str) -> None:
        if not self.expected[key].deleted and len(self.world.issues()) > 1:
            self.world.delete(key)
            self.expected[key].deleted = True

    @rule(project=st.sampled_from(["SOC", "DEV"]), granted=st.booleans())
    def permission_changes(self, project: str, granted: bool) -> None:  # noqa: FBT001  Hypothesis passes it by name
        act = self.world.grant if granted else self.world.revoke
        act("TRANSITION_ISSUES", project)
        self.may_transition[project] = granted

    @rule(
        kind=st.one_of(st.just("late"), st.sampled_from(sorted(KINDS))),
        times=st.integers(1, 3),
        issue=st.sampled_from(["", "SOC-1"]),
        to=st.sampled_from(["", "Done"]),
    )
    def trouble_waits(self, kind: str, times: int, issue: str, to: str) -> None:
        self.world.trouble.next(kind, on="transition", times=times, issue=issue, to=to, seconds=0)
        self.troubles += [(kind, issue, to)] * times

    @rule(key=KEYS)
    def transitions_are_listed(self, key: str) -> None:
        ask = self.ask("GET", key)
        answer = self.finish(ask, self.begin(ask))
        if self.expected[key].deleted:
            assert answer.status == 404
            return
        status, project = self.expected[key].status, key[:3]
        wanted = [t.id for t in WORKFLOW[project].available(status)] if self.may_transition[project] else []
        assert [shown["id"] for shown in answer.body["transitions"]] == wanted

    @invariant()
    def statuses_and_changelogs_agree_with_the_model(self) -> None:
        for key, expected in self.expected.items():
            issue = self.world.find(key)
            assert (issue is None) == expected.deleted
            if issue is None:
                continue
            assert issue.status.name == expected.status
            assert [(c.source, c.target, c.author) for c in issue.changes] == expected.moves
            for change in issue.changes:
                taken = issue.project.workflow.transition(change.transition)
                assert taken is not None
                assert taken.to == change.target
                assert not taken.sources or change.source in taken.sources
            assert (issue.values.get("resolution") is not None) == (issue.status.category == "done")


TestPracticeJira = PracticeJira.TestCase
TestPracticeJira.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
