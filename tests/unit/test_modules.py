"""Definitions of several files: folders, modules with arguments, and every way to get them wrong."""

from collections.abc import Mapping
from typing import Any

import pytest

from engine.diagnostics import Diagnostic
from engine.machine.compile import compile_definition
from engine.machine.definition import Definition, Provisioner
from engine.machine.files import Absent, Files, Library, nothing_else, single
from engine.machine.read import ReadResult, read_again, read_files

REVIEW = """
variable "grace" { type = string }
variable "limit" { default = 3 }
variable "statuses" {
  type    = map(string)
  default = { open = "Open", read = "Read", done = "Done" }
}

locals {
  ripe = try(context.rounds, 0) < var.limit
  all  = { for name, value in var : name => value if name != "statuses" }
}

provisioner "review" {
  aliasmapper "review" {
    aliases = var.statuses
  }
  statemachine "review" {
    initial = "open"
    state "open" "next" {
      when       = local.ripe
      transition = "read"
      set        = { known = local.all, own = keys(local) }
    }
    state "read" {
      on "next" { transition = "done" }
      after {
        delay      = var.grace
        transition = "open"
      }
    }
    state "done" { final = true }
  }
  property "it ends" {
    reachable = ["done"]
  }
  test "with defaults" {
    when "next" {}
    then { state = "read" }
  }
}
"""
DEV = """
variable "grace" { default = "72h" }

provisioner "dev" {
  module "review" {
    source = "./lib/review"
    grace  = var.grace
  }
}
"""


def folder(place: str, texts: Mapping[str, str]) -> Files:
    named = {f"m/{place}/{name}": text for name, text in texts.items()}
    return Files(place=place, folder=place, name=f"m/{place}", texts=named)


def library(**places: str | Mapping[str, str]) -> Library:
    """Folders by their place, with __ for /; a text stands for a folder with one file."""
    found = {
        place.replace("__", "/"): folder(
            place.replace("__", "/"), {"main.hcl": texts} if isinstance(texts, str) else texts
        )
        for place, texts in places.items()
    }

    def give(place: str) -> Files | Absent:
        return found.get(place) or nothing_else(place)

    return give


def root(text: str | Mapping[str, str]) -> Files:
    if isinstance(text, str):
        return Files(place="dev.hcl", folder="", name="m/dev.hcl", texts={"m/dev.hcl": text})
    return Files(place="", folder="", name="m", texts={f"m/{name}": part for name, part in text.items()})


def read(
    text: str | Mapping[str, str], variables: Mapping[str, Any] | None = None, **places: Any
) -> ReadResult:
    return read_files(root(text), library(**places), variables)


def sound(
    text: str | Mapping[str, str], variables: Mapping[str, Any] | None = None, **places: Any
) -> Definition:
    result = read(text, variables, **places)
    assert [told(d) for d in result.diagnostics] == []
    assert result.definition is not None
    return result.definition


def told(problem: Diagnostic) -> str:
    return f"{problem.subject}: {problem.code}: {problem.summary}"


def problems(text: str | Mapping[str, str], **places: Any) -> list[str]:
    result = read(text, **places)
    assert result.definition is None
    return [told(d) for d in result.diagnostics]


def guard_of(provisioner: Provisioner) -> Any:
    guard = next(t.guard for t in provisioner.machine.transitions if t.guard is not None)
    names = provisioner.machine.names
    return lambda **roots: guard.evaluate(names.scope(**roots))


class TestFolders:
    def test_all_files_of_a_folder_have_one_namespace(self) -> None:
        parts = {
            "a.hcl": 'provisioner "soc" {\n  statemachine "soc" {\n    initial = var.first\n    state "a" "next" {\n'
            '      when       = local.fine\n      transition = "b"\n    }\n    state "b" { final = true }\n  }\n}\n',
            "b.hcl": 'variable "first" { default = "a" }\n',
            "c.hcl": "locals {\n  fine = event.release.id != null\n}\n",
        }
        together = sound(parts)
        assert together.provisioners["soc"].machine.initial == "a"
        one = sound("".join(parts.values()))
        assert together.hash == one.hash
        assert together.source != one.source

    @pytest.mark.parametrize(
        ("block", "code"),
        [
            ('variable "x" { default = 1 }', "duplicate_variable"),
            ("locals {\n  x = 1\n}", "duplicate_local"),
            ('provisioner "soc" {\n}', "duplicate_provisioner"),
        ],
    )
    def test_what_is_declared_twice_is_told_with_both_places(self, block: str, code: str) -> None:
        result = read({"a.hcl": f"{block}\n", "b.hcl": f"\n{block}\n"})
        [problem] = [d for d in result.diagnostics if d.code == code]
        assert problem.subject is not None
        assert problem.subject.filename == "m/b.hcl"
        assert "m/a.hcl:" in problem.detail

    def test_problems_have_the_places_of_their_files_and_come_file_by_file(self) -> None:
        result = read(
            {
                "a.hcl": "\n\nlocals {\n  x = uper(1)\n}\n",
                "b.hcl": "locals {\n  y = 1 +\n}\n",
                "c.hcl": "stat {\n}\n",
            }
        )
        assert [str(d.subject) for d in result.diagnostics] == ["m/a.hcl:4:7", "m/b.hcl:2:10", "m/c.hcl:1:1"]
        assert set(result.sources) == {"m/a.hcl", "m/b.hcl", "m/c.hcl"}

    def test_a_text_that_cannot_be_read_at_all_is_told(self) -> None:
        result = read({"a.hcl": "x\0", "b.hcl": "locals {\n  y = 1 +\n}\n"})
        assert [d.code for d in result.diagnostics] == ["nul_character", "operand_missing"]

    def test_expressions_show_the_text_of_their_own_file(self) -> None:
        definition = sound(
            {
                "a.hcl": "# a comment that moves everything\n" * 20,
                "b.hcl": 'provisioner "soc" {\n  statemachine "soc" {\n    initial = "a"\n    state "a" "next" {\n'
                '      when       = event.release.id == 1\n      transition = "a"\n    }\n  }\n}\n',
            }
        )
        [transition] = definition.provisioners["soc"].machine.transitions
        assert transition.guard is not None
        assert transition.guard.text == "event.release.id == 1"


class TestModules:
    def test_its_blocks_count_as_the_provisioners_own(self) -> None:
        definition = sound(DEV, lib__review=REVIEW)
        machine = definition.provisioners["dev"].machine
        assert (machine.name, machine.initial) == ("dev", "open")
        assert machine.aliases == {"open": "Open", "read": "Read", "done": "Done"}
        assert [p.name for p in definition.provisioners["dev"].properties] == ["it ends"]
        assert definition.provisioners["dev"].tests == ()  # they test the module by itself
        assert definition.variables == {"grace": "72h"}

    def test_arguments_and_defaults_are_seen_by_its_expressions_only(self) -> None:
        definition = sound(DEV, lib__review=REVIEW)
        machine = definition.provisioners["dev"].machine
        [timer] = machine.states["read"].timers
        assert timer.delay.evaluate(machine.names.scope()) == "72h"
        change = next(t.set for t in machine.transitions if t.set is not None)
        assert change.evaluate(machine.names.scope(context={})) == {
            "known": {"grace": "72h", "limit": 3},
            "own": ["all", "ripe"],
        }
        assert change.text == "{ known = local.all, own = keys(local) }"

    def test_a_trace_speaks_the_authors_words(self) -> None:
        machine = sound(DEV, lib__review=REVIEW).provisioners["dev"].machine
        guard = next(t.guard for t in machine.transitions if t.guard is not None)
        assert guard.seen(machine.names.scope(context={"rounds": 1})) == (
            "local.ripe is true, context.rounds is 1, var.limit is 3"
        )

    def test_the_callers_own_names_are_not_mixed_with_the_modules(self) -> None:
        text = """
variable "grace" { default = "1h" }
variable "limit" { default = 100 }
locals {
  ripe = "the caller's"
  all  = keys(var)
}
provisioner "dev" {
  module "review" {
    source = "./lib/review"
    grace  = "2h"
  }
  receive "github" "release" {
    when   = local.ripe == "the caller's" && length(local) == 2
    entity = local.all
    fire   = "next"
  }
  property "the caller's" {
    always = var.limit == 100 && length(var) == 2
  }
}
"""
        provisioner = sound(text, lib__review=REVIEW).provisioners["dev"]
        scope = provisioner.machine.names.scope(context={"rounds": 50})
        [receive] = provisioner.receives
        assert receive.when is not None
        assert receive.when.evaluate(scope) is True
        assert receive.entity.evaluate(scope) == ["grace", "limit"]
        assert guard_of(provisioner)(context={"rounds": 50}) is False  # the module's limit is 3
        own = next(p.condition for p in provisioner.properties if p.name == "the caller's")
        assert own is not None
        assert own.evaluate(scope) is True

    def test_used_twice_it_makes_two_machines_with_two_hashes(self) -> None:
        second = (
            DEV
            + 'provisioner "ops" {\n  module "review" {\n    source = "./lib/review"\n    grace = "1h"\n    limit = 5\n  }\n}\n'
        )
        definition = sound(second, lib__review=REVIEW)
        dev, ops = (definition.provisioners[name].machine for name in ("dev", "ops"))
        assert dev.hash != ops.hash
        assert guard_of(definition.provisioners["ops"])(context={"rounds": 4}) is True
        assert guard_of(definition.provisioners["dev"])(context={"rounds": 4}) is False
        other = sound(second.replace("limit = 5", "limit = 6"), lib__review=REVIEW)
        assert other.provisioners["ops"].machine.hash != ops.hash
        assert other.provisioners["dev"].machine.hash == dev.hash
        assert other.hash != definition.hash

    def test_the_hash_follows_what_the_modules_text_means(self) -> None:
        first = sound(DEV, lib__review=REVIEW)
        commented = sound(DEV, lib__review="# why\n" + REVIEW)
        changed = sound(DEV, lib__review=REVIEW.replace('limit" { default = 3', 'limit" { default = 4'))
        assert first.hash == commented.hash
        assert first.source != commented.source
        assert changed.hash != first.hash

    def test_a_value_from_outside_reaches_the_module(self) -> None:
        definition = sound(DEV, {"grace": "5h"}, lib__review=REVIEW)
        machine = definition.provisioners["dev"].machine
        assert machine.states["read"].timers[0].delay.evaluate(machine.names.scope()) == "5h"
        assert definition.hash != sound(DEV, lib__review=REVIEW).hash

    def test_modules_use_modules_relative_to_their_own_folder(self) -> None:
        outer = """
variable "hours" { type = number }
provisioner "flow" {
  module "inner" {
    source = "../review"
    grace  = "${var.hours}h"
    limit  = local.limit
  }
}
locals {
  limit = 2 * var.hours
}
"""
        text = 'provisioner "dev" {\n  module "flow" {\n    source = "./lib/flow"\n    hours = 2\n  }\n}\n'
        definition = sound(text, lib__flow=outer, lib__review=REVIEW)
        provisioner = definition.provisioners["dev"]
        assert guard_of(provisioner)(context={"rounds": 3}) is True
        assert guard_of(provisioner)(context={"rounds": 4}) is False
        machine = provisioner.machine
        assert machine.states["read"].timers[0].delay.evaluate(machine.names.scope()) == "2h"

    def test_one_module_may_bring_the_machine_and_another_what_is_received(self) -> None:
        listens = """
variable "action" { default = "closed" }
provisioner "listens" {
  receive "github" "pull_request" {
    when   = event.action == var.action
    entity = issue_keys(event.pull_request.title)
    fire   = "next"
  }
}
"""
        text = """
provisioner "dev" {
  module "listens" { source = "./lib/listens" }
  module "review" {
    source = "./lib/review"
    grace  = "1h"
  }
  aliasmapper "dev" {
    aliases = { open = "Offen", read = "Gelesen", done = "Fertig" }
  }
}
"""
        bare = REVIEW.replace('aliasmapper "review" {\n    aliases = var.statuses\n  }', "")
        provisioner = sound(text, lib__listens=listens, lib__review=bare).provisioners["dev"]
        assert [r.key for r in provisioner.receives] == ["github.pull_request"]
        assert provisioner.machine.aliases["done"] == "Fertig"
        scope = provisioner.machine.names.scope(event={"action": "closed"})
        assert provisioner.receives[0].when is not None
        assert provisioner.receives[0].when.evaluate(scope) is True

    def test_a_name_that_a_for_binds_is_left_alone(self) -> None:
        odd = """
variable "x" { default = 1 }
provisioner "odd" {
  statemachine "odd" {
    initial = "a"
    state "a" "next" {
      transition = "a"
      set        = { v = [for var in [{ x = 7 }] : var.x], w = "%{ for local in [1, 2] }${local + var.x}%{ endfor }", z = var["x"] }
    }
  }
}
"""
        machine = (
            sound('provisioner "dev" {\n  module "odd" { source = "./odd" }\n}\n', odd=odd)
            .provisioners["dev"]
            .machine
        )
        [transition] = machine.transitions
        assert transition.set is not None
        assert transition.set.evaluate(machine.names.scope()) == {"v": [7], "w": "23", "z": 1}

    def test_the_deepest_expression_can_be_linked(self) -> None:
        deep = "!" * 190 + "local.yes"
        module = f'locals {{\n  yes = true\n}}\nprovisioner "m" {{\n  statemachine "m" {{\n    initial = "a"\n    state "a" "next" {{\n      when       = {deep}\n      transition = "a"\n    }}\n  }}\n}}\n'
        provisioner = sound(
            'provisioner "dev" {\n  module "m" { source = "./m" }\n}\n', m=module
        ).provisioners["dev"]
        assert guard_of(provisioner)() is True


class TestReadAgain:
    def test_all_that_it_is_made_of_is_in_its_source(self) -> None:
        definition = sound(
            DEV, {"grace": "5h"}, lib__review={"a.hcl": REVIEW, "b.hcl": "locals {\n  unused = 1\n}\n"}
        )
        again = read_again(definition.source, definition.filename, definition.variables).definition
        assert again is not None
        assert (again.hash, again.source, again.filename) == (definition.hash, definition.source, "m/dev.hcl")
        assert [str(t.span) for t in again.provisioners["dev"].machine.transitions] == [
            str(t.span) for t in definition.provisioners["dev"].machine.transitions
        ]

    def test_a_single_file_is_kept_as_it_is(self) -> None:
        text = 'provisioner "soc" {\n  statemachine "soc" {\n    initial = "a"\n    state "a" "next" { transition = "a" }\n  }\n}\n'
        definition = sound(text)
        assert definition.source == text
        again = read_again(text, "m/dev.hcl", {}).definition
        assert again is not None
        assert again.hash == definition.hash

    @pytest.mark.parametrize(
        "text",
        [
            "{",
            "{}",
            '{"root": "a"}',
            '{"root":"a","modules":[{"place":"b"}]}',
            '{"root": 1, "modules": 5}',
            '{"root":"a","modules":["a"]}',
        ],
    )
    def test_what_was_changed_is_refused(self, text: str) -> None:
        result = read_again(text, "x.hcl", {})
        assert result.definition is None
        assert [d.code for d in result.diagnostics] == ["unreadable_file"]

    def test_what_was_left_out_is_not_asked_for_elsewhere(self) -> None:
        result = read_files(single(DEV, "dev.hcl"), nothing_else)
        assert [d.code for d in result.diagnostics] == ["module_missing"]


USE = 'provisioner "dev" {\n  module "review" {\n    source = %s\n    grace  = "1h"\n  }\n}\n'


class TestMistakes:
    @pytest.mark.parametrize(
        ("source", "code", "words"),
        [
            ('"github.com/acme/review"', "module_source", "not fetched from elsewhere"),
            ('"git::https://example.com/x.git"', "module_source", "not fetched"),
            ('"https://example.com/x.zip"', "module_source", "not fetched"),
            ('"git@example.com:acme/x.git"', "module_source", "not fetched"),
            ('"/etc"', "module_source", "absolute"),
            ('"~/lib"', "module_source", "absolute"),
            (r'"C:\\lib"', "module_source", "absolute"),
            (r'".\\lib"', "module_source", "backslashes"),
            ('"lib/review"', "module_source", "does not begin with ./"),
            ('"acme/review/jira"', "module_source", "does not begin with ./"),
            ('""', "module_source", "the path of a folder or file"),
            ("5", "module_source", "the path of a folder or file"),
            (r'"./a\u0000b"', "module_source", "the path of a folder or file"),
            ('"../lib"', "module_outside", "leads out of the machines directory"),
            ('"./lib/../../lib"', "module_outside", "leads out"),
            ('"./nowhere"', "module_missing", "nowhere is not there"),
            ("var.x", "module_source", "A source is written out"),
            ('"./${local.x}"', "module_source", "A source is written out"),
        ],
    )
    def test_a_source_that_is_none(self, source: str, code: str, words: str) -> None:
        [problem] = read(USE % source, lib__review=REVIEW).diagnostics
        assert problem.code == code
        assert words in problem.summary
        assert problem.detail
        assert str(problem.subject) == "m/dev.hcl:3:14"

    def test_a_missing_and_an_unknown_argument(self) -> None:
        missing, unknown = problems(
            'provisioner "dev" {\n  module "review" {\n    source = "./lib/review"\n    limits = 5\n  }\n}\n',
            lib__review=REVIEW,
        )
        assert missing == 'm/dev.hcl:2:3: missing_attribute: Module "review" needs "grace"'
        assert unknown == 'm/dev.hcl:4:5: unknown_attribute: The module has no variable "limits"'

    def test_a_required_argument_under_a_wrong_name_is_told_once(self) -> None:
        result = read(DEV.replace("    grace  =", "    garce  ="), lib__review=REVIEW)
        [problem] = result.diagnostics
        assert (problem.code, problem.detail) == ("unknown_attribute", 'Did you mean "grace"?')

    def test_an_argument_of_the_wrong_type_is_told_where_it_is_given(self) -> None:
        [problem] = problems(DEV.replace("var.grace", "5"), lib__review=REVIEW)
        assert problem == (
            'm/dev.hcl:7:14: wrong_type: The module takes a value of type string as "grace": it is a number, not a string'
        )

    def test_an_argument_that_no_event_is_there_for(self) -> None:
        [problem] = problems(DEV.replace("var.grace", "event.x"), lib__review=REVIEW)
        assert problem.startswith("m/dev.hcl:7:14: unknown_name: ")

    def test_a_problem_in_a_module_is_told_once_with_who_uses_it(self) -> None:
        broken = REVIEW.replace('initial = "open"', 'initial = "opne"')
        twice = DEV + DEV.partition("\n\n")[2].replace('"dev"', '"ops"')
        result = read(twice, lib__review=broken)
        [problem] = result.diagnostics
        assert told(problem).startswith("m/lib/review/main.hcl:19:15: initial_state_unregistered")
        assert problem.story == 'It is in module "review", which is used at m/dev.hcl:5:3.'

    def test_a_syntax_error_in_a_module_has_its_place(self) -> None:
        [problem] = problems(DEV, lib__review=REVIEW.replace('transition = "read"', "transition = "))
        assert problem.startswith("m/lib/review/main.hcl:22:20: value_missing")

    @pytest.mark.parametrize(
        ("text", "words"),
        [("locals {\n}\n", "has no provisioner"), (REVIEW + 'provisioner "x" {\n}\n', "has 2 provisioners")],
    )
    def test_a_module_has_one_provisioner(self, text: str, words: str) -> None:
        found = problems(
            USE.replace('    grace  = "1h"\n', "") % '"./lib/review"',
            lib__review=text.replace('"grace" { type = string }', '"grace" { default = "1h" }'),
        )
        assert found == [f"m/dev.hcl:3:14: module_provisioner: m/lib/review {words}"]

    def test_a_module_that_uses_itself(self) -> None:
        uses = 'provisioner "a" {\n  module "x" { source = "../%s" }\n}\n'
        text = 'provisioner "dev" {\n  module "x" { source = "./a" }\n}\n'
        [problem] = problems(text, a=uses % "b", b=uses % "a")
        assert problem == (
            "m/b/main.hcl:2:25: module_cycle: A module uses itself: m/dev.hcl, which uses m/a, which uses m/b, which uses m/a"
        )
        [itself] = problems(text, a='provisioner "a" {\n  module "x" { source = "." }\n}\n')
        assert "module_cycle" in itself

    def test_modules_that_grow_without_end_are_refused(self) -> None:
        deep = {
            f"a{n}": f'provisioner "a" {{\n  module "x" {{ source = "../a{n + 1}" }}\n}}\n' for n in range(30)
        }
        found = problems('provisioner "dev" {\n  module "x" { source = "./a0" }\n}\n', **deep)
        assert ["module_cycle" in problem for problem in found] == [True]
        twice = {
            f"a{n}": f'provisioner "a" {{\n  module "x" {{ source = "../a{n + 1}" }}\n  module "y" {{ source = "../a{n + 1}" }}\n}}\n'
            for n in range(9)
        }
        wide = problems(
            'provisioner "dev" {\n  module "x" { source = "./a0" }\n}\n', **twice, a9='provisioner "a" {\n}\n'
        )
        assert any("module_cycle" in problem for problem in wide)
        assert len(wide) < 200

    def test_two_machines_or_mappers_name_both_places(self) -> None:
        text = DEV.replace(
            "  module",
            '  statemachine "dev" {\n    initial = "a"\n    state "a" "next" { transition = "a" }\n  }\n  module',
            1,
        )
        result = read(text, lib__review=REVIEW)
        [problem] = [d for d in result.diagnostics if d.code == "duplicate_machine"]
        assert str(problem.subject) == "m/dev.hcl:9:3"
        assert problem.detail == "The provisioner's own is at m/dev.hcl:5:3: keep one of them."
        assert [str(each.span) for each in problem.related] == ["m/dev.hcl:5:3", "m/lib/review/main.hcl:18:3"]

    def test_names_of_modules(self) -> None:
        use = '  module "%s" {\n    source = "./lib/review"\n    grace  = "1h"\n  }\n'
        twice = problems('provisioner "dev" {\n' + use % "a" + use % "a" + "}\n", lib__review=REVIEW)
        assert [p.partition(": ")[2].partition(":")[0] for p in twice] == ["duplicate_module"]
        [dotted] = problems('provisioner "dev" {\n' + use % "a.b" + "}\n", lib__review=REVIEW)
        assert "bad_name" in dotted

    def test_what_cannot_be_named(self) -> None:
        found = problems(
            DEV,
            lib__review=REVIEW + 'variable "source" { default = 1 }\nvariable "module.x" { default = 1 }\n',
        )
        assert sorted(p.partition(": ")[2].partition(":")[0] for p in found) == ["bad_name", "bad_name"]

    def test_a_module_stands_in_a_provisioner_and_holds_no_blocks(self) -> None:
        [problem] = [
            d for d in read('module "x" { source = "./a" }\n').diagnostics if d.code == "misplaced_block"
        ]
        assert problem.detail == "It belongs in a provisioner block: move it there."
        [inner] = problems(DEV.replace("    grace ", "    when {\n    }\n    grace "), lib__review=REVIEW)
        assert "misplaced_block" in inner

    def test_what_follows_from_a_value_that_is_missing_is_not_told(self) -> None:
        text = DEV.replace('{ default = "72h" }', "{\n}")
        [problem] = problems(text, lib__review=REVIEW)
        assert "variable_without_value" in problem


def test_a_module_decides_what_the_same_blocks_written_out_decide() -> None:
    used = compile_definition(sound(DEV, lib__review=REVIEW))["dev"]
    text = REVIEW.replace('"review"', '"dev"').replace("{ type = string }", '{ default = "72h" }')
    written = compile_definition(sound(text))["dev"]
    assert used.machine.definition.states.keys() == written.machine.definition.states.keys()
    assert used.machine.table.keys() == written.machine.table.keys()
    assert used.variables == {"grace": "72h"}
