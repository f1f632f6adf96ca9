"""States that await a person: who may answer, what an answer does, and what becomes of one that does nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.diagnostics import Diagnostic, Severity
from engine.machine.approvals import Answer, answer_event, approvals_of, completed
from engine.machine.compile import CompiledMachine, compile_definition
from engine.machine.diagram import diagram
from engine.machine.drawing import draw
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition
from engine.machine.step import step
from engine.machine.timers import timer_event
from engine.model import Entity, Event, Snapshot, Step, Verdict

NOW = datetime(2024, 1, 31, 12, 0, tzinfo=UTC)
ENTITY = Entity(project="p", id="P-1")

REVIEW = """
state "open" {
  on "ready" {
    transition = "waiting"
    set        = { author = event.author }
  }
}
state "waiting" {
  await {
    from = ["ada", "grace", "edsger"]
    answer "approve" {
      needs      = 2
      when       = event.who != context.author
      transition = "shipped"
      set        = { by = event.answers[*].who, last = event.comment }
    }
    answer "reject" {
      when       = event.comment != ""
      transition = "open"
    }
    answer "note" { set = { note = event.comment } }
  }
  after {
    delay      = "72h"
    transition = "stale"
  }
  after {
    delay = "24h"
    set   = { reminded = true }
  }
  on "again" { transition = "waiting" }
  on "touched" { set = { touched = true } }
}
state "stale" {
  on "ready" { transition = "waiting" }
}
state "shipped" { final = true }
"""


def source(states: str, initial: str = "open", head: str = "") -> str:
    return f'{head}\nprovisioner "p" {{\nstatemachine "p" {{\ninitial = "{initial}"\n{states}\n}}\n}}\n'


def machine(states: str = REVIEW, initial: str = "open", head: str = "") -> CompiledMachine:
    result = read_definition(source(states, initial, head), "p.hcl")
    assert result.definition is not None, result.diagnostics
    return compile_definition(result.definition)["p"].machine


def problems(states: str, initial: str = "a", head: str = "") -> list[Diagnostic]:
    found = read_definition(source(states, initial, head), "p.hcl").diagnostics
    return [d for d in found if d.code != "event_never_handled"]


def event(name: str, **payload: Any) -> Event:
    return Event(name=name, entity=ENTITY, receive="github.x", payload=payload)


def answer(
    who: str, choice: str = "approve", comment: str = "", *, state: str = "waiting", opened: int | None = 1
) -> Event:
    said = Answer(who=who, choice=choice, comment=comment, at="2024-01-31T12:00:00Z")
    return answer_event(ENTITY, state=state, opened=opened, answer=said)


def walk(of: CompiledMachine, *events: Event, at: Snapshot | None = None) -> Step:
    snapshot = at if at is not None else Snapshot(state=of.initial)
    for one in events:
        result = step(of, snapshot, one, NOW)
        snapshot = result.snapshot
    return result


READY = event("ready", author="edsger")


def test_entering_asks_and_says_who_what_and_until_when() -> None:
    [approval] = approvals_of(walk(machine(), READY).snapshot)
    assert (approval.state, approval.opened) == ("waiting", 1)
    assert approval.people == ("ada", "grace", "edsger")
    assert approval.choices == {"approve": 2, "reject": 1, "note": 1}
    assert approval.since == "2024-01-31T12:00:00Z"
    # The reminder after 24 hours closes nothing.
    assert approval.until == "2024-02-03T12:00:00Z"
    assert approval.answers == ()


def test_one_answer_of_two_counts_and_the_second_moves() -> None:
    of = machine()
    first = walk(of, READY, answer("ada", comment="fine"))
    assert first.trace.verdict is Verdict.COUNTED
    assert first.trace.after == "waiting"
    assert '1 of 2 people have answered so: "ada"' in first.trace.because
    assert [c.taken for c in first.trace.candidates] == [False]
    [approval] = approvals_of(first.snapshot)
    assert [a.who for a in approval.answers] == ["ada"]
    second = walk(of, answer("grace", comment="go"), at=first.snapshot)
    assert (second.trace.verdict, second.snapshot.state) == (Verdict.MOVED, "shipped")
    assert second.snapshot.context["by"] == ["ada", "grace"]
    assert second.snapshot.context["last"] == "go"
    assert second.snapshot.awaits == {}
    assert second.cancelled == ("after.waiting.1", "after.waiting.2")


@pytest.mark.parametrize(
    ("event_", "verdict", "because"),
    [
        (answer("mallory"), Verdict.NOT_ALLOWED, '"mallory" may not answer in "waiting": "ada", "grace"'),
        (answer("Ada"), Verdict.NOT_ALLOWED, '"Ada" may not answer'),
        (answer("ada"), Verdict.REPEATED, '"ada" has answered "approve" already'),
        (answer("edsger"), Verdict.GUARDED, 'event.who is "edsger", context.author is "edsger"'),
        (answer("grace", "reject"), Verdict.GUARDED, "event.comment"),
        (answer("grace", "abstain"), Verdict.EVENT_NOT_REGISTERED, "await.waiting.reject"),
        (answer("grace", opened=7), Verdict.NOT_AWAITED, "since version 7 is closed"),
        (answer("grace", opened=None), Verdict.NOT_AWAITED, "was opened only later"),
        (answer("grace", state="open"), Verdict.NOT_AWAITED, 'nobody is asked "approve" in "waiting"'),
        (answer("grace", state="gone"), Verdict.NOT_AWAITED, 'nobody is asked "approve" in "waiting"'),
    ],
)
def test_an_answer_that_does_nothing_says_why_and_changes_nothing(
    event_: Event, verdict: Verdict, because: str
) -> None:
    of = machine()
    before = walk(of, READY, answer("ada")).snapshot
    after = walk(of, event_, at=before)
    assert after.trace.verdict is verdict
    assert because in after.trace.because
    assert (after.snapshot.state, after.snapshot.context) == (before.state, before.context)
    assert (after.snapshot.awaits, after.snapshot.timers) == (before.awaits, before.timers)
    assert after.effects == ()


def test_who_answered_before_is_told_to_who_comes_too_late() -> None:
    of = machine()
    done = walk(of, READY, answer("ada", "reject", "no")).snapshot
    said = Answer(who="ada", choice="reject", comment="no", at="then")
    late = answer_event(
        ENTITY,
        state="waiting",
        opened=1,
        answer=Answer(who="grace", choice="approve", comment="", at="now"),
        before=said,
    )
    because = walk(of, late, at=done).trace.because
    assert 'what "waiting" asked since version 1 is closed; "ada" had answered "reject" at then' in because


def test_an_answer_to_an_earlier_round_does_not_count_for_a_later_one() -> None:
    of = machine()
    again = walk(of, READY, answer("ada", "reject", "no"), READY).snapshot
    [approval] = approvals_of(again)
    assert approval.opened == 3
    assert walk(of, answer("grace", opened=1), at=again).trace.verdict is Verdict.NOT_AWAITED
    assert walk(of, answer("grace", opened=3), at=again).trace.verdict is Verdict.COUNTED


def test_leaving_and_entering_again_asks_anew_and_staying_does_not() -> None:
    of = machine()
    counted = walk(of, READY, answer("ada")).snapshot
    stayed = walk(of, event("touched"), at=counted).snapshot
    assert stayed.awaits == counted.awaits
    [anew] = approvals_of(walk(of, event("again"), at=counted).snapshot)
    assert (anew.opened, anew.answers) == (3, ())


def test_who_thinks_again_has_one_voice() -> None:
    of = machine(REVIEW.replace('answer "reject" {', 'answer "reject" {\nneeds = 2'))
    at = walk(of, READY, answer("ada"), answer("ada", "reject", "no")).snapshot
    [approval] = approvals_of(at)
    assert [(a.who, a.choice) for a in approval.answers] == [("ada", "reject")]
    assert walk(of, answer("grace"), at=at).trace.verdict is Verdict.COUNTED
    assert walk(of, answer("grace", "reject", "no"), at=at).snapshot.state == "open"


def test_an_answers_event_has_those_who_chose_the_same_and_the_approval_has_all() -> None:
    of = machine(REVIEW.replace('answer "reject" {', 'answer "reject" {\nneeds = 2'))
    asked = walk(of, READY, answer("edsger", "reject", "no"), answer("ada")).snapshot
    [approval] = approvals_of(asked)
    assert [(a.who, a.choice) for a in approval.answers] == [("edsger", "reject"), ("ada", "approve")]
    assert walk(of, answer("grace"), at=asked).snapshot.context["by"] == ["ada", "grace"]


def test_an_answer_that_leads_nowhere_stays_open_and_may_be_given_again() -> None:
    of = machine()
    noted = walk(of, READY, answer("ada"), answer("grace", "note", "hm"))
    assert noted.trace.verdict is Verdict.STAYED
    assert noted.snapshot.context["note"] == "hm"
    [approval] = approvals_of(noted.snapshot)
    assert [a.who for a in approval.answers] == ["ada"]
    assert walk(of, answer("grace", "note", "hmm"), at=noted.snapshot).trace.verdict is Verdict.STAYED


def test_running_out_of_time_closes_it() -> None:
    of = machine()
    at = walk(of, READY, answer("ada")).snapshot
    due = at.timers["after.waiting.1"]
    late = step(of, at, timer_event(ENTITY, "after.waiting.1", due), NOW + timedelta(hours=72))
    assert (late.snapshot.state, late.snapshot.awaits) == ("stale", {})
    assert walk(of, answer("grace"), at=late.snapshot).trace.verdict is Verdict.NOT_AWAITED


def test_whom_a_machine_asks_can_come_of_the_event_that_asks() -> None:
    states = REVIEW.replace('["ada", "grace", "edsger"]', "event.reviewers").replace("needs      = 2", "")
    of = machine(states)
    at = walk(of, event("ready", author="x", reviewers=["mary"])).snapshot
    assert walk(of, answer("ada"), at=at).trace.verdict is Verdict.NOT_ALLOWED
    assert walk(of, answer("mary"), at=at).snapshot.state == "shipped"


@pytest.mark.parametrize("reviewers", [None, [], [1], "", [" "], {"a": "b"}, ["x" * 201], ["a\nb"]])
def test_asking_nobody_moves_nothing(reviewers: Any) -> None:
    of = machine(REVIEW.replace('["ada", "grace", "edsger"]', "event.reviewers"))
    result = walk(of, event("ready", author="x", reviewers=reviewers))
    assert (result.trace.verdict, result.snapshot.state) == (Verdict.UNEVALUATED, "open")
    assert "from of await" in result.trace.because


def test_whoever_is_put_there_is_asked_too() -> None:
    of = machine()
    arrived = step(of, Snapshot(state="waiting"), event("nothing"), NOW, arrived=True)
    assert [a.opened for a in approvals_of(arrived.snapshot)] == [1]
    moved = step(of, arrived.snapshot, event("nothing"), NOW, arrived=True)
    assert [a.opened for a in approvals_of(moved.snapshot)] == [2]


def test_a_definition_that_asks_since_the_state_was_entered_asks_with_the_first_answer() -> None:
    of = machine()
    before = Snapshot(state="waiting", context={"author": "edsger"}, version=4)
    counted = walk(of, answer("ada", opened=None), at=before)
    assert counted.trace.verdict is Verdict.COUNTED
    [approval] = approvals_of(counted.snapshot)
    assert (approval.opened, [a.who for a in approval.answers]) == (5, ["ada"])
    assert walk(of, answer("mallory", opened=None), at=before).trace.verdict is Verdict.NOT_ALLOWED


def test_each_region_asks_for_itself() -> None:
    of = machine(
        """
        state "open" "go" { transition = "both" }
        parallel "both" {
          on "done.state.both" { transition = "end" }
          state "code" {
            initial = "ask"
            state "ask" {
              await {
                from = "ada"
                answer "yes" { transition = "fine" }
              }
            }
            state "fine" { final = true }
          }
          state "law" {
            initial = "ask"
            state "ask" {
              await {
                from = ["grace"]
                answer "yes" { transition = "fine" }
              }
            }
            state "fine" { final = true }
          }
        }
        state "end" { final = true }
        """
    )
    at = walk(of, event("go")).snapshot
    assert [a.state for a in approvals_of(at)] == ["both.code.ask", "both.law.ask"]
    assert walk(of, answer("ada", "yes", state="both.law.ask"), at=at).trace.verdict is Verdict.NOT_ALLOWED
    half = walk(of, answer("ada", "yes", state="both.code.ask"), at=at)
    assert half.snapshot.state == "both.code.fine & both.law.ask"
    assert [a.state for a in approvals_of(half.snapshot)] == ["both.law.ask"]
    assert walk(of, answer("grace", "yes", state="both.law.ask"), at=half.snapshot).snapshot.state == "end"


def test_an_outer_state_asks_while_inner_ones_come_and_go() -> None:
    of = machine(
        """
        state "open" {
          initial = "x"
          await {
            from = "ada"
            answer "stop" { transition = "end" }
          }
          state "x" "go" { transition = "y" }
          state "y" "go" { transition = "x" }
        }
        state "end" { final = true }
        """
    )
    at = step(of, Snapshot(state="open.x"), event("go"), NOW, arrived=True).snapshot
    assert at.state == "open.y"
    later = walk(of, event("go"), at=at).snapshot
    assert later.awaits == at.awaits
    assert walk(of, answer("ada", "stop", state="open"), at=later).snapshot.state == "end"


def test_candidates_with_other_numbers_of_people_are_tried_in_order() -> None:
    states = """
    state "open" {
      await {
        from = ["a", "b", "c"]
        answer "yes" {
          needs      = 3
          transition = "all"
        }
        answer "yes" {
          needs      = 2
          when       = event.comment == "enough"
          transition = "some"
        }
      }
    }
    state "all" { final = true }
    state "some" { final = true }
    """
    of = machine(states)
    at = step(of, Snapshot(state="open"), event("x"), NOW, arrived=True).snapshot
    said = [answer(who, "yes", state="open") for who in ("a", "b", "c")]
    assert walk(of, *said, at=at).snapshot.state == "all"
    enough = answer("b", "yes", "enough", state="open")
    assert walk(of, said[0], enough, at=at).snapshot.state == "some"
    assert approvals_of(at)[0].choices == {"yes": 2}
    assert problems(states, "open") == []


def test_an_answer_of_a_test_or_a_simulation_is_completed() -> None:
    at = walk(machine(), READY).snapshot
    bare = Event(name="await.waiting.approve", entity=ENTITY, payload={"who": "ada"})
    assert completed(bare, at, NOW).payload == {
        "who": "ada",
        "comment": "",
        "at": "2024-01-31T12:00:00Z",
        "choice": "approve",
        "state": "waiting",
        "opened": 1,
    }
    assert completed(event("await.waiting.approve"), at, NOW).payload == {}  # a delivery's: no answer


@pytest.mark.parametrize(
    "payload", [{}, {"who": None}, {"who": ["ada"]}, {"who": "ada", "opened": "x"}, None]
)
def test_whatever_an_answer_holds_the_step_does_not_raise(payload: Any) -> None:
    of = machine()
    at = walk(of, READY).snapshot
    odd = completed(Event(name="await.waiting.approve", entity=ENTITY, payload=payload), at, NOW)
    result = walk(of, odd, at=at)
    assert result.snapshot.state == "waiting"


ASKING = 'state "a" {\nawait {\n%s\n}\n}\nstate "b" {\n final = true\n}'


@pytest.mark.parametrize(
    ("inside", "code"),
    [
        ('answer "yes" { transition = "b" }', "missing_attribute"),
        ('from = ["ada"]', "missing_block"),
        ('from = []\nanswer "yes" { transition = "b" }', "answer_out_of_reach"),
        ('from = ["ada"]\nanswer "yes" {\nneeds = 2\ntransition = "b"\n}', "answer_out_of_reach"),
        ('from = ["ada", "ada"]\nanswer "yes" {\nneeds = 2\ntransition = "b"\n}', "answer_out_of_reach"),
        ('from = local.few\nanswer "yes" {\nneeds = 2\ntransition = "b"\n}', "answer_out_of_reach"),
        ('from = 1\nanswer "yes" { transition = "b" }', "wrong_type"),
        ('from = [""]\nanswer "yes" { transition = "b" }', "wrong_type"),
        ('who = "ada"\nanswer "yes" { transition = "b" }', "unknown_attribute"),
        ('from = "ada"\nanswer "a.b" { transition = "b" }', "bad_name"),
        ('from = "ada"\nanswer "*" { transition = "b" }', "bad_name"),
        ('from = "ada"\nanswer { transition = "b" }', "wrong_labels"),
        ('from = "ada"\nanswer "yes" {\nneeds = 0\ntransition = "b"\n}', "wrong_type"),
        ('from = "ada"\nanswer "yes" {\nneeds = 1.5\ntransition = "b"\n}', "wrong_type"),
        ('from = "ada"\nanswer "yes" {\nneeds = true\ntransition = "b"\n}', "wrong_type"),
        ('from = "ada"\nanswer "yes" {\nneeds = "2"\ntransition = "b"\n}', "wrong_type"),
        ('from = "ada"\nanswer "yes" { transition = "gone" }', "transition_state_unregistered"),
        ('from = "ada"\nanswer "yes" {}', "missing_attribute"),
        ('from = "ada"\non "yes" { transition = "b" }', "misplaced_block"),
        (
            'from = "ada"\nanswer "yes" { transition = "b" }\nanswer "yes" { transition = "a" }',
            "conflicts",
        ),
        ('from = "ada"\nanswer "yes" { transition = "b" }\n}\nawait {\nfrom = "b"\nanswer "no" { transition = "b" }', "duplicate_block"),
    ],
)  # fmt: skip
def test_every_mistake_in_it_has_its_name(inside: str, code: str) -> None:
    assert code in [d.code for d in problems(ASKING % inside, head='locals { few = ["ada"] }')]


@pytest.mark.parametrize(
    "states",
    [
        'state "*" {\nawait {\nfrom = "ada"\nanswer "yes" { transition = "a" }\n}\n}\nstate "a" {}',
        'state "a" {\nfinal = true\nawait {\nfrom = "ada"\nanswer "yes" { transition = "a" }\n}\n}',
        'state "a" "await.a.yes" { transition = "a" }',
    ],
)
def test_nobody_is_asked_where_nobody_can_be(states: str) -> None:
    assert {d.code for d in problems(states)} & {"wildcard_setting", "final_state_left", "bad_name"}


def test_no_delivery_can_answer() -> None:
    receive = 'receive "github" "push" {\n entity = "P-1"\n fire = "await.a.yes"\n}'
    states = ASKING % 'from = "ada"\nanswer "yes" { transition = "b" }'
    text = source(states, "a").replace("statemachine", f"{receive}\nstatemachine", 1)
    assert "own_event_fired" in [d.code for d in read_definition(text, "p.hcl").diagnostics]


def test_asking_without_any_way_out_is_told() -> None:
    note = 'from = "ada"\nanswer "note" { set = { note = event.comment } }'
    [problem] = problems(ASKING % note + '\nstate "c" "x" { transition = "a" }')
    assert (problem.code, problem.severity) == ("await_without_way_out", Severity.WARNING)
    assert problems(ASKING % note + '\nstate "*" "x" { transition = "b" }') == []


class TestProofs:
    """What can be proven of machines that ask."""

    def proof(self, states: str, claims: str = "", initial: str = "a") -> Proof:
        text = source(states, initial).rpartition("}")[0] + claims + "\n}\n"
        definition = read_definition(text, "p.hcl").definition
        assert definition is not None
        return prove(definition.provisioners["p"])

    def proven(self, states: str, claims: str = "", initial: str = "a") -> list[Diagnostic]:
        proof = self.proof(states, claims, initial)
        assert proof.open == ""
        return list(proof.diagnostics)

    def test_an_answer_is_a_way_and_asking_is_no_dead_end(self) -> None:
        states = ASKING % 'from = ["ada", "bob"]\nanswer "yes" {\nneeds = 2\ntransition = "b"\n}'
        assert self.proven(states, 'property "p" { reachable = "b" }') == []

    def test_who_may_not_approve_their_own_work_may_be_stuck(self) -> None:
        states = """
        state "a" "go" {
          transition = "w"
          set        = { author = event.author }
        }
        state "w" {
          await {
            from = ["ada"]
            answer "yes" {
              when       = event.who != try(context.author, "nobody")
              transition = "b"
            }
          }
        }
        state "b" { final = true }
        """
        found = self.proven(states, 'property "p" { reachable = "b" }')
        assert [d.code for d in found] == ["no_end_reachable", "property_fails"]
        assert 'event.author = "ada"' in found[1].story
        assert self.proven(states.replace('["ada"]', '["ada", "bob"]')) == []

    def test_a_counterexample_with_an_answer_is_a_test_that_passes(self) -> None:
        states = ASKING % 'from = ["ada"]\nanswer "yes" {\nwhen = event.comment == "go"\ntransition = "b"\n}'
        [failing] = self.proven(states, 'property "p" { never = state == "b" }')
        assert 'when "await.a.yes" { event = { who = "ada", comment = "go" } }' in failing.story

    def test_an_answer_that_nobody_can_give_is_told(self) -> None:
        yes = 'answer "yes" {\nwhen = event.who == "zoe"\ntransition = "b"\n}'
        found = self.proven(ASKING % f'from = ["ada"]\n{yes}\nanswer "no" {{ transition = "b" }}')
        assert [d.code for d in found] == ["answer_out_of_reach"]

    def test_numbers_of_people_hide_no_candidate(self) -> None:
        states = ASKING % (
            'from = ["a", "b"]\nanswer "yes" {\nneeds = 2\ntransition = "b"\n}\n'
            'answer "yes" {\nwhen = event.comment == "now"\ntransition = "b"\n}'
        )
        assert self.proven(states) == []

    def test_whom_it_asks_may_differ_for_each_entity(self) -> None:
        states = ASKING.replace('state "b"', 'state "s" "go" { transition = "a" }\nstate "b"') % (
            'from = [for r in event.reviewers : r.login]\nanswer "yes" {\nneeds = 2\ntransition = "b"\n}'
        )
        proof = self.proof(states, 'property "p" { reachable = "b" }', initial="s")
        assert (
            proof.open == '"a" asks [for r in event.reviewers : r.login], of which only samples can be tried'
        )
        # With one reviewer nobody is left who could approve as well.
        [failing] = [d for d in proof.diagnostics if d.code == "property_fails"]
        assert 'event = { reviewers = [{ login = "one" }] }' in failing.story

    def test_more_people_than_are_tried_one_by_one_are_said_to_be(self) -> None:
        names = ", ".join(f'"p{n}"' for n in range(12))
        yes = 'answer "yes" {\nneeds = 2\ntransition = "b"\n set = { by = event.who }\n}'
        text = source(ASKING % f"from = [{names}]\n{yes}", "a")
        definition = read_definition(text, "p.hcl").definition
        assert definition is not None
        assert "of 12 people who may answer, 8 were tried" in prove(definition.provisioners["p"]).open


def test_the_picture_says_who_is_asked() -> None:
    definition = read_definition(source(REVIEW), "p.hcl").definition
    assert definition is not None
    drawn = draw(diagram(definition.provisioners.values()), "table")
    assert 'approve by 2 of ["ada", "grace", "edsger"]' in drawn
    assert 'reject by ["ada", "grace", "edsger"]' in drawn
