"""The predecessor's cases (its files, its checks, its error names), then the language beyond them."""

from pathlib import Path

import pytest

from engine.diagnostics import Diagnostic, Severity, errors_in
from engine.machine.definition import Definition
from engine.machine.read import read_definition

ROOT = Path(__file__).resolve().parents[2]

FIRST = """\
provisioner "soc" {
  aliasmapper "soc" {
    aliases = { to_do: "To Do", in_progress: "In Progress", done: "Done" }
  }
  statemachine "soc" {
    initial = "to_do"
    state "to_do" "next" { transition = "in_progress" }
    state "in_progress" "next" { transition = "done" }
    state "in_progress" "prev" { transition = "to_do" }
    state "done" "next" { transition = "<end>" }
  }
}
"""


def read(source: str, **variables: object) -> Definition:
    result = read_definition(source, "test.hcl", variables)
    assert result.diagnostics == ()
    assert result.definition is not None
    return result.definition


def problems(source: str) -> list[Diagnostic]:
    result = read_definition(source, "test.hcl")
    assert (result.definition is None) == errors_in(result.diagnostics)
    return list(result.diagnostics)


def codes(source: str) -> list[str]:
    return [problem.code for problem in problems(source)]


def machine(body: str, *, aliases: str = "", initial: str = 'initial = "a"') -> str:
    return f'provisioner "p" {{\n{aliases}\nstatemachine "p" {{\n{initial}\n{body}\n}}\n}}\n'


NEXT = 'state "a" "next" { transition = "a" }\n'


def test_the_shipped_definition_reads_without_a_word() -> None:
    source = (ROOT / "statemachines" / "jira.hcl").read_text(encoding="utf-8")
    assert list(read(source).provisioners) == ["soc", "devhop"]


def test_the_predecessors_file_is_valid_as_it_is() -> None:
    soc = read(FIRST).provisioners["soc"]
    assert soc.machine.initial == "to_do"
    assert list(soc.machine.states) == ["to_do", "in_progress", "done"]
    assert [(t.source, t.event, t.target) for t in soc.machine.transitions] == [
        ("to_do", "next", "in_progress"),
        ("in_progress", "next", "done"),
        ("in_progress", "prev", "to_do"),
        ("done", "next", "<end>"),
    ]


@pytest.mark.parametrize(
    "aliases",
    [
        '{ to_do: "To Do", in_progress: "In Progress", done: "Done", }',
        '{ to_do = "To Do", in_progress = "In Progress", done = "Done" }',
        '{\n to_do = "To Do"\n "in_progress": "In Progress"\n done: "Done",\n}',
    ],
    ids=["colons", "equals signs", "mixed"],
)
def test_aliases_are_written_either_way(aliases: str) -> None:
    before = '{ to_do: "To Do", in_progress: "In Progress", done: "Done" }'
    soc = read(FIRST.replace(before, aliases)).provisioners["soc"].machine
    assert soc.hash == read(FIRST).provisioners["soc"].machine.hash
    assert soc.status_of("in_progress") == "In Progress"


def test_names_of_provisioners_and_machines_are_lower_cased() -> None:
    source = FIRST.replace('provisioner "soc"', 'provisioner "SOC"')
    assert list(read(source).provisioners) == ["soc"]


def test_a_transition_to_a_state_without_a_block_is_unregistered() -> None:
    [problem] = problems(FIRST.replace('"done" }', '"dnoe" }'))
    assert problem.code == "transition_state_unregistered"
    assert str(problem.subject) == "test.hcl:8:47"
    assert problem.detail == 'Did you mean "done"?'


def test_the_end_is_registered() -> None:
    assert "transition_state_unregistered" not in codes(machine('state "a" "next" { transition = "<end>" }'))


def test_a_machine_with_another_name_than_its_provisioner_mismatches() -> None:
    [problem] = problems(FIRST.replace('statemachine "soc"', 'statemachine "dev"'))
    assert problem.code == "state_machine_id_mismatch"
    assert str(problem.subject) == "test.hcl:5:16"


def test_a_state_without_alias_is_reported() -> None:
    [problem] = problems(FIRST.replace(', done: "Done"', ""))
    assert problem.code == "state_id_alias_mapping_not_found"
    assert problem.summary == 'State "done" has no alias'


def test_two_blocks_for_one_state_and_event_conflict() -> None:
    body = NEXT + 'state "b" "next" { transition = "a" }\nstate "a" "next" { transition = "b" }\n' + NEXT
    found = problems(machine(body))
    assert [problem.code for problem in found] == ["conflicts", "conflicts"]
    assert [str(problem.subject) for problem in found] == ["test.hcl:7:1", "test.hcl:8:1"]
    assert "test.hcl:5:1" in found[0].detail
    assert "test.hcl:7:1" in found[0].detail


def test_many_events_may_lead_to_one_target() -> None:
    body = NEXT + 'state "a" "prev" { transition = "b" }\nstate "b" "next" { transition = "b" }\n'
    read(machine(body))


def test_one_event_to_one_target_is_fine() -> None:
    read(machine('state "a" "next" { transition = "b" }\nstate "b" "next" { transition = "<end>" }'))


def test_an_alias_that_is_written_twice_is_reported_once() -> None:
    assert codes(machine(NEXT, aliases='aliasmapper "p" { aliases = { a: "A", a: "B" } }')) == [
        "duplicate_key"
    ]


def test_several_candidates_are_legal_if_all_but_the_last_have_a_guard() -> None:
    body = """
    state "a" {
      on "next" {
        when       = event.x == 1
        transition = "a"
      }
      on "next" {
        when       = event.x == 2
        transition = "a"
      }
      on "next" { transition = "<end>" }
    }
    """
    assert len(read(machine(body)).provisioners["p"].machine.transitions) == 3
    assert codes(machine(body + 'state "a" "next" {\n when = event.x\n transition = "a"\n}')) == ["conflicts"]


def test_the_wildcard_does_not_conflict_with_a_named_state() -> None:
    read(machine(NEXT + 'state "*" "next" { transition = "a" }'))
    assert codes(machine(NEXT + 'state "*" "x" { transition = "a" }\n' * 2)) == ["conflicts"]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (FIRST + FIRST, "duplicate_provisioner"),
        (machine(NEXT) .replace("statemachine", 'statemachine "p" {\ninitial="a"\n}\nstatemachine'), "duplicate_machine"),
        (machine(NEXT, aliases='aliasmapper "p" { aliases = { a: "A" } }\n' * 2), "duplicate_aliasmapper"),
        (machine(NEXT, aliases='aliasmapper "p" { aliases = { a: "A", ("a"): "B" } }'), "duplicate_alias"),
        (
            machine(
                NEXT + 'state "b" "x" { transition = "a" }', aliases='aliasmapper "p" { aliases = { a: "A", b: "A" } }'
            ),
            "duplicate_alias_value",
        ),
        (machine(NEXT, initial=""), "missing_attribute"),
        (machine(NEXT, initial='initial = "b"'), "initial_state_unregistered"),
        (machine(NEXT, initial="initial = a"), "wrong_type"),
        (machine(NEXT, initial="initial = 1"), "wrong_type"),
        (machine(NEXT, initial='entrypoint = "a"'), "unknown_attribute"),
        (machine('state "a" "next" { transtion = "a" }'), "unknown_attribute"),
        (machine('state "a" "next" {}'), "missing_attribute"),
        (machine('state "a" "b" "c" { transition = "a" }\n' + NEXT), "wrong_labels"),
        (machine("state { final = true }\n" + NEXT), "wrong_labels"),
        (machine(NEXT + 'sttae "b" "x" { transition = "a" }'), "unknown_block"),
        (machine('state "a" {\non "x" "y" { transition = "a" }\n}\n' + NEXT), "wrong_labels"),
        (machine('state "<end>" "next" { transition = "a" }\n' + NEXT), "bad_name"),
        (machine('state "" "x" { transition = "a" }\n' + NEXT), "bad_name"),
        (machine('state " b" "x" { transition = "a" }\n' + NEXT), "bad_name"),
        (machine('state "*" { final = true }\n' + NEXT), "wildcard_setting"),
        (machine('state "a" { final = 1 }'), "wrong_type"),
        (machine('state "a" { alias = "A" }\n' + NEXT), "wrong_type"),
        (machine('state "a" { final = true }\n' + NEXT), "final_state_left"),
        (machine('state "a" {}\nstate "a" {}\n' + NEXT), "duplicate_state"),
        (machine('state "a" { alias = null }\n' + NEXT, aliases='aliasmapper "p" { aliases = { a: "A" } }'), "internal_state_has_alias"),
        (machine('state "a" "next" {\n transition = "<end>"\n set = { x = 1 }\n}'), "end_has_effects"),
        (machine('state "a" "next" {\n transition = "<end>"\n request { x = 1 }\n}'), "end_has_effects"),
        (machine('state "a" "next" {\n transition = "a"\n request { x = 1 }\n}'), "request_without_call"),
        (machine('state "a" "next" {\n transition = "a"\n request = { x = 1 }\n}'), "wrong_type"),
        (machine(NEXT, aliases='aliasmapper "p" {\n aliases { a = "A" }\n}'), "wrong_type"),
        (machine(NEXT, aliases='aliasmapper "p" { aliases = "A" }'), "wrong_type"),
        (machine(NEXT, aliases='aliasmapper "p" { aliases = { a = 1 } }'), "wrong_type"),
        (machine(NEXT, aliases='aliasmapper "p" { aliases = { a = "" } }'), "wrong_type"),
        ('statemachine "p" { initial = "a" }', "misplaced_block"),
        ('aliasmapper "p" { aliases = {} }', "misplaced_block"),
        (machine(NEXT + 'on "x" { transition = "a" }'), "misplaced_block"),
        (machine('state "a" "next" {\n transition = "a"\n await { from = "ada" }\n}'), "misplaced_block"),
        (machine(NEXT + 'provisioner "q" {}'), "misplaced_block"),
        ('provisioner "p" {}', "missing_block"),
        ('provisioner "p" { machine = 1 }', "unknown_attribute"),
        ("x = 1", "unknown_attribute"),
        ('variable "v" {}', "variable_without_value"),
        ('variable "v" { default = event.x }', "unknown_name"),
        ('variable "v" { default = 1 }\n' * 2, "duplicate_variable"),
        ("locals { a = 1 }\n" * 2, "duplicate_local"),
        ("locals { a = local.a }", "local_cycle"),
        ("locals { a = local.b }", "unknown_name"),
        ("locals { a = evnt.b }", "unknown_name"),
        (machine('state "a" "next" {\n when = var.x\n transition = "a"\n}'), "unknown_name"),
        (machine('state "a" "next" {\n when = previous == "b"\n transition = "a"\n}'), "unknown_name"),
        (machine(NEXT, aliases='receive "github" "push" {\n entity = entity.id\n fire = "next"\n}'), "unknown_name"),
        (machine(NEXT, aliases='receive "github" "push" { fire = "next" }'), "missing_attribute"),
        (machine(NEXT, aliases='receive "github" {\n entity = "P-1"\n fire = "next"\n}'), "wrong_labels"),
    ],
)  # fmt: skip
def test_every_mistake_has_its_name(source: str, code: str) -> None:
    assert code in codes(source)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (machine(NEXT, aliases='aliasmapper "p" { aliases = { a: "A", b: "B" } }'), "alias_without_state"),
        (machine(NEXT, aliases='aliasmapper "q" { aliases = { a: "A" } }'), "alias_mapper_id_mismatch"),
        (machine('state "a" "go" { transition = "a" }'), "event_never_handled"),
        ("", "empty_definition"),
        ("locals { a = 1 }", "empty_definition"),
        (
            machine(NEXT, aliases='receive "github" "push" {\n entity = "P-1"\n fire = "nxt"\n}'),
            "event_never_handled",
        ),
    ],
)
def test_what_may_be_meant_is_only_a_warning(source: str, code: str) -> None:
    [problem] = problems(source)
    assert (problem.code, problem.severity) == (code, Severity.WARNING)


def test_every_problem_is_found_in_one_pass() -> None:
    source = machine(
        'state "a" "next" { transition = "b" }\nstate "a" "next" { transition = 1 }\nsate "x" {}\n',
        initial='intial = "a"',
    )
    assert codes(source) == [
        "unknown_attribute",
        "transition_state_unregistered",
        "conflicts",
        "wrong_type",
        "unknown_block",
    ]


def test_what_only_follows_from_a_syntax_error_is_not_told() -> None:
    found = codes(
        FIRST.replace('state "done" "next" { transition = "<end>" }', 'state "done" "next" { transition = }')
    )
    assert found
    assert not {"transition_state_unregistered", "missing_attribute"} & set(found)


def test_the_old_readmes_entrypoint_and_place_are_explained() -> None:
    stray = 'provisioner "soc" {}\nstatemachine "soc" {\n entrypoint = "a"\n}'
    misplaced, renamed = problems(stray)
    assert misplaced.code == "misplaced_block"
    assert misplaced.detail == "It belongs in a provisioner block: move it there."
    assert renamed.detail == "It is called initial here: rename it."
    [renamed] = problems(machine(NEXT, initial='entrypoint = "a"'))
    assert renamed.detail == "It is called initial here: rename it."


def test_a_provisioner_without_receive_blocks_listens_to_published_releases() -> None:
    [receive] = read(FIRST).provisioners["soc"].receives
    assert (receive.key, receive.source, receive.type) == ("github.release", "github", "release")
    assert receive.when is not None
    assert receive.when.text == 'event.action == "published"'


def test_a_given_value_comes_before_the_default() -> None:
    source = 'variable "x" { default = "1h" }\n' + machine(NEXT)
    assert read(source).variables == {"x": "1h"}
    assert read(source, x="2h", y=3).variables == {"x": "2h"}


@pytest.mark.parametrize("depth", [50, 89, 90, 91, 100, 101, 150, 199, 1000])
def test_a_variable_of_any_depth_is_kept_or_refused(depth: int) -> None:
    written = 'variable "x" { default = ' + "[" * depth + "]" * depth + " }\n" + machine(NEXT)
    found = codes(written)
    assert not found or set(found) <= {"wrong_type", "nested_too_deeply"}
    deep: object = 1
    for _ in range(depth):
        deep = [deep]
    result = read_definition('variable "x" {}\n' + machine(NEXT), "test.hcl", {"x": deep})
    assert [d.code for d in result.diagnostics] == ([] if depth <= 90 else ["wrong_type"])


class TestAliases:
    def test_both_ways(self) -> None:
        soc = read(FIRST).provisioners["soc"].machine
        assert soc.status_of("in_progress") == "In Progress"
        assert soc.state_of("In Progress") == "in_progress"
        assert soc.state_of("in_progress") == "in_progress"
        assert soc.state_of("IN PROGRESS") == "in_progress"
        assert soc.state_of("Blocked") is None
        assert soc.status_of("blocked") is None

    def test_a_status_name_comes_before_a_state_name(self) -> None:
        body = NEXT + 'state "b" "x" { transition = "a" }'
        swapped = read(machine(body, aliases='aliasmapper "p" { aliases = { a: "b", b: "a" } }'))
        both = swapped.provisioners["p"].machine
        assert both.state_of("a") == "b"
        assert both.state_of("b") == "a"

    def test_an_exact_name_comes_before_one_that_differs_in_case(self) -> None:
        body = NEXT + 'state "b" "x" { transition = "a" }'
        both = read(machine(body, aliases='aliasmapper "p" { aliases = { a: "Open", b: "OPEN" } }'))
        assert both.provisioners["p"].machine.state_of("OPEN") == "b"
        assert both.provisioners["p"].machine.state_of("open") is None

    def test_composed_and_decomposed_names_are_the_same(self) -> None:
        prepared = read(machine(NEXT, aliases='aliasmapper "p" { aliases = { a: "Pre\u0301pare\u0301" } }'))
        both = prepared.provisioners["p"].machine
        given = machine(NEXT, aliases='aliasmapper "p" { aliases = { a: var.x } }')
        same = read('variable "x" {}\n' + given, x="Pre\u0301pare\u0301").provisioners["p"].machine
        assert same.hash == both.hash
        assert both.state_of("Pr\u00e9par\u00e9") == both.state_of("Pre\u0301pare\u0301") == "a"

    def test_without_a_mapper_names_map_to_themselves(self) -> None:
        plain = read(machine(NEXT)).provisioners["p"].machine
        assert plain.status_of("a") == "a"
        assert plain.state_of("A") == "a"

    def test_the_backend_knows_nothing_of_an_internal_state(self) -> None:
        source = machine('state "a" "next" { transition = "b" }\nstate "b" { alias = null }')
        internal = read(source).provisioners["p"].machine
        assert internal.status_of("b") is None
        assert internal.state_of("b") is None


class TestHash:
    def test_layout_comments_and_parentheses_mean_nothing(self) -> None:
        guarded = machine('state "a" "next" {\n when = event.x == 1 && !event.y\n transition = "a"\n}')
        other = "# comment\n" + guarded.replace("event.x == 1", "(event.x==1)").replace("\n", "\n\n")
        assert read(other).hash == read(guarded).hash
        assert read(other).provisioners["p"].machine.hash == read(guarded).provisioners["p"].machine.hash

    def test_the_order_of_states_means_nothing_and_that_of_candidates_does(self) -> None:
        one, two = 'state "a" "next" { transition = "b" }', 'state "b" "next" { transition = "a" }'
        assert read(machine(f"{one}\n{two}")).hash == read(machine(f"{two}\n{one}")).hash
        first, second = (f'state "a" "next" {{\n when = event.{n}\n transition = "a"\n}}' for n in "xy")
        assert read(machine(f"{first}\n{second}")).hash != read(machine(f"{second}\n{first}")).hash

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ('"To Do"', '"Todo"'),
            ('initial = "to_do"', 'initial = "done"'),
            ('state "in_progress" "prev" { transition = "to_do" }', ""),
            ('"in_progress" "prev"', '"in_progress" "back"'),
            ('provisioner "soc"', 'variable "x" { default = 1 }\nprovisioner "soc"'),
        ],
    )
    def test_every_change_of_meaning_changes_it(self, before: str, after: str) -> None:
        assert read(FIRST.replace(before, after)).hash != read(FIRST).hash

    BODY = (
        'state "a" {\n on "next" {\n when = event.j == "a"\n transition = "b"\n set = { k = 1, l = 2 }\n }\n}\n'
        'state "b" {}'
    )

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("{ k = 1, l = 2 }", "{ k = 1, l = 2, }"),
            (' when = event.j == "a"\n transition = "b"\n', ' transition = "b"\n when = event.j == "a"\n'),
            ("k = 1", '"k" = 1'),
            ("k = 1", "k: 1"),
            ("k = 1", "k = 1.0"),
            ('== "a"', '== "\\u0061"'),
            ('state "b" {}', 'state "b" { final = false }'),
            ('state "a" {\n on "next" {', 'state "a" "next" {'),
        ],
    )
    def test_what_is_only_spelled_otherwise_is_the_same_machine(self, before: str, after: str) -> None:
        other = self.BODY.replace(before, after)
        if 'state "a" "next"' in after:
            other = other.replace(" }\n}\n", " }\n")
        assert other != self.BODY
        assert self._hash(other) == self._hash(self.BODY)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("event.j", 'event["j"]'),
            ('event.j == "a"', '"a" == event.j'),
            ('== "a"', '== "${"a"}"'),
            ("k = 1, l = 2", "l = 2, k = 1"),
            ("k = 1", '("k") = 1'),
            ('event.j == "a"', "local.q"),
        ],
    )
    def test_expressions_are_taken_as_they_are_written(self, before: str, after: str) -> None:
        other = self.BODY.replace(before, after)
        assert other != self.BODY
        assert self._hash(other) != self._hash(self.BODY)

    def test_the_name_of_a_local_belongs_to_the_machine_that_uses_it(self) -> None:
        uses = [self.BODY.replace('event.j == "a"', f"local.{name}") for name in "qr"]
        assert self._hash(uses[0]) != self._hash(uses[1])

    @staticmethod
    def _hash(body: str) -> str:
        head = 'locals {\n q = event.j == "a"\n r = event.j == "a"\n}\n'
        return read(head + machine(body)).provisioners["p"].machine.hash

    def test_what_a_used_local_or_variable_means_belongs_to_the_machine(self) -> None:
        body = machine('state "a" "next" {\n when = local.x\n transition = "a"\n}')
        one, two = (f"locals {{ x = event.{n} == var.v }}\n" + body for n in "ab")
        head = 'variable "v" { default = 1 }\n'
        assert (
            read(head + one).provisioners["p"].machine.hash != read(head + two).provisioners["p"].machine.hash
        )
        same, other = read(head + one), read(head + one, v=2)
        assert same.provisioners["p"].machine.hash != other.provisioners["p"].machine.hash
