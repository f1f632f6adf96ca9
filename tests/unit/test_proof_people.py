"""Proofs about whom an `await` block asks, where that is not the same for every entity."""

import pytest

from engine.decide.run_test import run_test
from engine.machine.claims import Outcome
from engine.machine.compile import compile_definition
from engine.machine.prove import Proof, prove
from engine.machine.read import read_definition

MACHINE = """
provisioner "m" {
  statemachine "m" {
    initial = "a"
    state "a" {
      on "ask" {
        when       = event.owner == "bob"
        transition = "w"
        %s
      }
    }
    state "w" {
      await {
        from = %s
        answer "yes" {
          %s
          transition = "shipped"
        }
        answer "no" { transition = "a" }
      }
    }
    state "shipped" { final = true }
  }
  property "never shipped" { never = state == "shipped" }
  property "can ship" { reachable = "shipped" }
}
"""
BOB = 'when = event.who == "bob"'


def proven(source: str) -> Proof:
    definition = read_definition(source, "people.hcl").definition
    assert definition is not None
    proof = prove(definition.provisioners["m"])
    for problem in proof.diagnostics:
        if problem.code == "property_fails":
            block = problem.story.partition("\ntest ")[2]
            assert block, problem.story
            again = read_definition(
                source.rstrip().removesuffix("}") + f"test {block}\n}}\n", "p.hcl"
            ).definition
            assert again is not None
            ran = run_test(compile_definition(again)["m"], again.provisioners["m"].tests[-1])
            assert ran.passed, problem.story
    return proof


def outcomes(proof: Proof) -> list[str]:
    return [finding.outcome.value for finding in proof.findings]


@pytest.mark.parametrize(
    ("remembered", "people"),
    [
        ("", "event.owner"),
        ("", "[event.owner]"),
        ("", '["eve", event.owner]'),
        ('set = { p = ["bob", "eve"] }', "context.p"),
        ("set = { p = event.owner }", '[context.p, "eve"]'),
        ("", 'event.owner == "bob" ? ["bob"] : ["eve"]'),
        ("", 'concat(["eve"], [event.owner])'),
        ("", "try(context.nobody, event.owner)"),
    ],
)
def test_who_is_named_by_what_came_in_can_answer(remembered: str, people: str) -> None:
    proof = proven(MACHINE % (remembered, people, BOB))
    assert proof.open == ""
    assert outcomes(proof) == ["fails", "holds"]
    assert [d.code for d in proof.diagnostics] == ["property_fails"]


@pytest.mark.parametrize("people", ["[event.other]", "event.other", "[event.other, event.third]"])
def test_who_may_be_somebody_else_may_be_stuck_and_is_not_always(people: str) -> None:
    proof = proven(MACHINE % ("", people, BOB))
    assert (proof.open, outcomes(proof)) == ("", ["fails", "holds"])


@pytest.mark.parametrize(
    "people", ["event.owner", "[event.owner]", 'event.owner == "bob" ? "bob" : "eve"', '["bob", event.owner]']
)
def test_two_answers_of_one_person_are_one(people: str) -> None:
    proof = proven(MACHINE % ("", people, "needs = 2"))
    codes = {d.code for d in proof.diagnostics if d.code != "property_fails"}
    assert (proof.open, outcomes(proof)) == ("", ["holds", "fails"])
    assert codes == {"answer_out_of_reach", "unreachable_state", "no_end_reachable"}
    (vain,) = [d for d in proof.diagnostics if d.code == "answer_out_of_reach"]
    assert vain.detail.startswith("Hold from against needs, ")  # it has no guard


def test_as_many_as_are_needed_can_be_named_by_a_list_that_comes_in() -> None:
    proof = proven(MACHINE % ("", "event.people", "needs = 3"))
    assert (proof.open, outcomes(proof)) == ("", ["fails", "holds"])


REVIEW = """
provisioner "m" {
  statemachine "m" {
    initial = "a"
    state "a" {
      on "opened" {
        set        = { author = event.user.login }
        transition = "w"
      }
    }
    state "w" {
      await {
        from = %s
        answer "yes" {
          when       = event.who == context.author
          transition = "self"
        }
        answer "lead" {
          when       = event.who == "lead"
          transition = "ok"
        }
        answer "no" {
          when       = event.who != context.author
          transition = "other"
        }
      }
    }
    state "ok" { final = true }
    state "self" { final = true }
    state "other" { final = true }
  }
  property "no self approval" { never = state == "self" }
  property "no lead" { never = state == "ok" }
  property "nobody else" { never = state == "other" }
}
"""


def test_an_author_who_is_asked_approves_their_own_work() -> None:
    proof = proven(REVIEW % "[event.user.login]")
    assert (proof.open, outcomes(proof)) == ("", ["fails", "fails", "holds"])
    assert {d.code for d in proof.diagnostics} == {
        "property_fails",
        "answer_out_of_reach",
        "unreachable_state",
    }


@pytest.mark.parametrize(
    "people",
    [
        "event.reviewers[*].login",
        "event.reviewers.*.login",
        "[for r in event.reviewers : r.login]",
        "event.reviewers[*].user.login",
        'split(",", event.reviewers)',
        "[lower(event.reviewers)]",
        '["${event.reviewers}x", event.user.login, "lead", "zoe"]',
    ],
)
def test_what_cannot_be_taken_apart_is_sampled_and_said_to_be(people: str) -> None:
    proof = proven(REVIEW % people)
    assert "of which only samples can be tried" in proof.open
    assert outcomes(proof) == ["fails", "fails", "fails"]
    assert {d.code for d in proof.diagnostics} == {"property_fails", "explored_in_part"}


def test_what_only_samples_could_break_is_open() -> None:
    claims = 'property "mallory" { never = state == "w" && event.user.login == "x" && state != "w" }'
    hidden = 'reverse(split("-", "${event.reviewers}-x-y-z"))[0]'
    proof = proven(REVIEW.replace('property "no self', f'{claims}\nproperty "no self') % f"[{hidden}]")
    assert proof.open
    assert Outcome.HOLDS.value not in outcomes(proof)
    assert "answer_out_of_reach" not in {d.code for d in proof.diagnostics}


FIRST = 'when = event.answers[0].who == "eve"\n          needs = 3'
SAID = 'when = event.answers[0].comment == "ok"\n          needs = 2'
LATER = """
provisioner "m" {
  statemachine "m" {
    initial = "w"
    state "w" {
      await {
        from = ["ada", "bob", "eve"]
        answer "yes" { transition = "again" }
      }
    }
    state "again" {
      await {
        from = [event.who, "bob"]
        answer "yes" {
          needs      = 2
          transition = "shipped"
        }
      }
    }
    state "shipped" { final = true }
  }
  property "can ship" {
    reachable = "shipped"
    from      = "again"
  }
}
"""


@pytest.mark.parametrize("answer", [FIRST, SAID])
def test_answers_before_are_told_apart_by_all_that_is_asked_of_them(answer: str) -> None:
    proof = proven(MACHINE % ("", '["bob", "eve", "ada"]', answer))
    assert not proof.open
    assert proof.findings[0].outcome is Outcome.FAILS
    assert not [d for d in proof.diagnostics if d.code in ("answer_out_of_reach", "unreachable_state")]


def test_who_answers_matters_where_only_the_next_question_asks_who_it_was() -> None:
    proof = proven(LATER)  # where bob answers first, nobody else is asked, and two have to answer
    assert not proof.open
    assert outcomes(proof) == ["fails"]


@pytest.mark.parametrize(
    "guard",
    [
        'anytrue([for one in event.answers : one.who == "bob"])',
        'contains(event.answers[*].who, "bob")',
        'contains(event.answers[*].comment, "ok")',
        'contains([for one in event.answers : "${one.who}: ${one.comment}"], "bob: ok")',
    ],
)
def test_of_those_who_come_in_a_name_that_is_looked_for_is_tried_and_nothing_is_called_impossible(
    guard: str,
) -> None:
    proof = proven(MACHINE % ("", "event.names", f"when = {guard}"))
    assert not [d for d in proof.diagnostics if d.code in ("answer_out_of_reach", "unreachable_state")]
    assert "bob: ok" in guard or proof.findings[0].outcome is Outcome.FAILS
    assert outcomes(proof)[1] == "open" or not proof.open


@pytest.mark.parametrize(
    "guard", ["event.opened > 3", 'event.at == "2030-05-05T00:00:00Z"', 'event.answers[0].at == "x"']
)
def test_what_depends_on_the_moment_of_an_answer_is_open(guard: str) -> None:
    proof = proven(MACHINE % ("", '["bob", "eve"]', f"when = {guard}"))
    assert not [d for d in proof.diagnostics if d.code in ("answer_out_of_reach", "unreachable_state")]
    assert proof.findings[0].outcome is Outcome.OPEN
