"""Every diagnostic code, explained: what is wrong, what to do, and the shortest example of it.

A new code is one more line here; then `interlock explain --page > docs/diagnostics.md`. Tests hold the table against the
sources, and read each example to see that it has the problem.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from engine.diagnostics import Severity


class Where(StrEnum):
    """Where an example stands; the value is the heading of its part of the page."""

    #: A whole definition.
    FILE = "In the text of a definition"
    #: A value of an attribute.
    VALUE = "In a value"
    #: What stands in ``provisioner "soc" { … }``, beside a machine with the states ``a`` and ``b``.
    PROVISIONER = "In a provisioner"
    #: What stands in ``statemachine "soc" { … }``, which has the states ``a`` and ``c``.
    MACHINE = "In a state machine"
    #: What stands in ``<scxml> … </scxml>``.
    SCXML = "In an SCXML document"
    #: A whole workers.yaml.
    WORKERS = "In workers.yaml"
    #: Shown by more than one file, or by none: told in words.
    TOGETHER = "Between the files"


class Code(NamedTuple):
    """One code's explanation."""

    where: Where
    #: What is wrong, in one line.
    wrong: str
    #: What to do about it.
    do: str
    #: Text that has the problem; for `Where.TOGETHER` a description of it.
    example: str

    def shown(self) -> list[str]:
        """The example's lines, with what cannot be seen made visible."""
        return [line.replace("\0", "␀").replace("\u00a0", "⍽") for line in self.example.splitlines()]


_FILE, _VALUE, _PROVISIONER, _MACHINE, _SCXML, _WORKERS, _TOGETHER = Where

#: Every code that a diagnostic can have.
CODES: Mapping[str, Code] = {
    # The text
    "block_in_one_line_block": Code(_FILE, "a block on one line holds another block", "break the line after the outer `{` and before its `}`", 'provisioner "soc" { statemachine "soc" { } }'),
    "colon_in_body": Code(_FILE, "an attribute of a block is set with `:`", "set it with `=`; `:` is for the items of an object", 'initial : "a"'),
    "directive_misplaced": Code(_FILE, "a template directive does not belong to the open one", "end every `%{ if }` with one `%{ endif }`, every `%{ for }` with one `%{ endfor }`", 'x = "a%{ endif }"'),
    "directive_unclosed": Code(_FILE, "a template directive is not closed before its text ends", "write `%{ endif }` or `%{ endfor }` where it ends", 'x = "%{ if true }a"'),
    "duplicate_attribute": Code(_FILE, "an attribute is set twice in one block", "keep one of them", "x = 1\nx = 2"),
    "expression_continued": Code(_FILE, "an expression goes on after the end of its line", "put it in parentheses to continue it on the next line", "x = 1\n  + 2"),
    "invalid_escape": Code(_FILE, "a backslash escape is unknown, incomplete or no character", 'write one of `\\n \\r \\t \\" \\\\ \\uNNNN \\UNNNNNNNN`, and `\\\\` for a backslash', 'x = "\\q"'),
    "item_expected": Code(_FILE, "something other than an attribute or a block begins a line", 'write `name = value`, or `name "label" { … }`', "= 1"),
    "item_incomplete": Code(_FILE, "a name stands alone, or a key has no value", "write `name = value`, or open a block with `{` on the same line", "initial"),
    "label_expected": Code(_FILE, "a block label is neither a quoted string nor a name", 'write `name "label" { … }`', 'state "a" 5 { }'),
    "label_not_literal": Code(_FILE, "a block label contains an interpolation or a directive", "write the text itself: labels are known before anything is evaluated", 'state "${x}" {\n}'),
    "label_on_attribute": Code(_FILE, "an attribute has a label", "write `name = value`, or `{` to open a block", 'state "a" = 1'),
    "line_break_missing": Code(_FILE, "two attributes or blocks stand on one line", "give each its own line, without commas", "x = 1 y = 2"),
    "mismatched": Code(_FILE, "a closing bracket does not fit the open one", "write the bracket that fits", "x = (1]"),
    "name_quoted": Code(_FILE, "the name of an attribute or a block is quoted", "remove the quotes: only labels are quoted", '"x" = 1'),
    "name_with_dot": Code(_FILE, "the name of an attribute contains a dot", "nest it: `a = { b = 1 }`", "a.b = 1"),
    "scxml_differs": Code(_SCXML, "something is converted that behaves differently", "see whether it matters", '<state id="a">\n  <transition event="error.execution" target="a"/>\n</state>'),
    "scxml_expression": Code(_SCXML, "an expression cannot be written in the language", "say it with operators, texts, numbers and variables that have a `<data>`", '<state id="a">\n  <transition cond="new Date()" target="a"/>\n</state>'),
    "scxml_left_out": Code(_SCXML, "something is left out, without a loss or nearly so", "see whether it matters", '<state id="a">\n  <onentry><log expr="1"/></onentry>\n</state>'),
    "scxml_name": Code(_SCXML, "a name names no state, event or `<send>`, or more than one", "mind the spelling, and give every state its own id", '<state id="a">\n  <transition event="e" target="b"/>\n</state>'),
    "scxml_unsupported": Code(_SCXML, "the language has no word for something", "do as the help says, or leave it out with `--partial`", '<state id="a">\n  <invoke type="scxml"/>\n</state>'),
    "scxml_doctype": Code(_TOGETHER, "an SCXML document has a document type", "remove it: entities are neither expanded nor fetched", "a line that begins with `<!DOCTYPE`"),
    "scxml_not_scxml": Code(_TOGETHER, "an XML document is not an SCXML document", "its outermost element is `scxml`, in the namespace of SCXML", "an SVG picture"),
    "scxml_too_large": Code(_TOGETHER, "an SCXML document is too large, or nested too deeply", "take it apart", "more than 4 MiB of text, or 60 elements in each other"),
    "scxml_unreadable": Code(_TOGETHER, "an SCXML document is not well-formed XML", "mend it so that an XML reader takes it", "an element that is not closed"),
    "nested_too_deeply": Code(_TOGETHER, "values or brackets are nested too deeply", "give parts of it a name in `locals`", "some hundred opening brackets in a row"),
    "too_many_errors": Code(_TOGETHER, "a file has so many syntax errors that its rest was not read", "mend some of them, and check again; perhaps this is no definition", "a thousand syntax errors"),
    "not_utf8": Code(_TOGETHER, "the file is not UTF-8 text", "save it as UTF-8", "a file in Latin-1"),
    "nul_character": Code(_FILE, "the file contains a NUL character", "remove it; perhaps this is not a text file", "x = 1\0"),
    "odd_space": Code(_FILE, "a no-break space, or a byte order mark inside the file", "replace it by an ordinary space", "x =\u00a01"),
    "one_line_block_too_long": Code(_FILE, "a block on one line holds more than one attribute", "break the line after `{` and give each attribute its own", "locals { x = 1, y = 2 }"),
    "one_line_block_unclosed": Code(_FILE, "a block begins on its opening line and does not end there", "break the line after `{`, or put the `}` on the same line", "locals { x = 1\n}"),
    "semicolon": Code(_FILE, "a semicolon", "end the line instead", "x = 1;"),
    "typographic_quote": Code(_FILE, "a typographic quotation mark", 'write a plain `"`', "x = “a”"),
    "unclosed": Code(_FILE, "a bracket is never closed", "write the missing one", "x = (1"),
    "unclosed_comment": Code(_FILE, "a comment is never closed", "write `*/` where it ends", "/* note"),
    "unclosed_heredoc": Code(_FILE, "a heredoc is never closed", "write its marker alone on a line where the text ends", "x = <<EOT\ntext\n"),
    "unclosed_string": Code(_FILE, "a string is not closed on its line", 'write the missing `"`; for several lines use `\\n` or a heredoc', 'x = "a'),
    "unopened": Code(_FILE, "a closing bracket closes nothing", "remove it, or write the opening one", "x = 1\n}"),
    # Values
    "ambiguous_key": Code(_VALUE, "a key could be a reference or a name with dots", 'write `(a.b) = …` for the reference, `"a.b" = …` for the name', "{ a.b = 1 }"),
    "arithmetic": Code(_VALUE, "a calculation has no result", "guard it: `n != 0 ? 1 / n : 0`", "1 / 0"),
    "attribute_missing": Code(_VALUE, "an object lacks the attribute", "mind the spelling, or use `try` or `lookup` with a default", "{ a = 1 }.b"),
    "backtick": Code(_VALUE, "a backtick", 'write `"…"`', "`a`"),
    "comma_extra": Code(_VALUE, "a comma too many", "remove it", "[1,, 2]"),
    "conditional_incomplete": Code(_VALUE, "a conditional has no `:` and no second value", "write `condition ? value : other value`", "true ? 1"),
    "ellipsis_misplaced": Code(_VALUE, "`...` stands elsewhere than after the last argument or the value of a `for`", "remove it", "[1...]"),
    "evaluation_too_large": Code(_TOGETHER, "an expression takes too many steps or makes too much text", "make it smaller: evaluation is bounded so that no definition can stop the daemon", "a `for` over a `for` over a large list"),
    "for_arrow_extra": Code(_VALUE, "a `for` in brackets has `=>`", "use braces to make an object", "[for v in [1] : v => v]"),
    "for_arrow_missing": Code(_VALUE, "a `for` in braces lacks `=>`", "write `{ for v in list : key => value }`; for a list use brackets", "{ for v in [1] : v }"),
    "for_colon_missing": Code(_VALUE, "a `for` lacks its `:`", "write `[for v in list : value]`", "[for v in [1] v]"),
    "for_in_missing": Code(_VALUE, "a `for` lacks its `in`", "write `[for v in list : value]`", "[for v [1] : v]"),
    "for_name_missing": Code(_VALUE, "a `for` lacks a name", "write `for v in list`, or `for k, v in list`", "[for 1 in [1] : 1]"),
    "function_failed": Code(_VALUE, "a function cannot work with these arguments", "see the signature in the help, or use `try` with a default", 'parseint("x", 10)'),
    "index_out_of_range": Code(_VALUE, "a list has no such element", "elements count from 0; use `try` with a default", "[1][5]"),
    "index_unfit": Code(_VALUE, "an index is not a number, or a key not a text", "index a list by a number and an object by a text", '[1]["x"]'),
    "never_equal": Code(_MACHINE, "the sides of a comparison are never equal: their types differ", "compare with a value of the same type: nothing is converted by `==`, `!=` and `contains`", 'state "b" "go" {\n  when       = state == 5\n  transition = "a"\n}'),
    "key_not_text": Code(_VALUE, "a key of an object is not a text", "make it one, with `join` or `jsonencode`", "{ ([1]) = 1 }"),
    "key_twice": Code(_VALUE, "a `for` makes the same key twice", "write `...` after the value to collect them in a list", '{ for v in [1, 2] : "k" => v }'),
    "legacy_index": Code(_VALUE, "an index is written with dots", "write it in brackets: `[0][1]`", "[[1]].0.0"),
    "name_missing": Code(_VALUE, "a name is missing after a dot", 'write it, or use brackets: `value["some key"]`', "[1]."),
    "nested_splat": Code(_VALUE, "a `.*` follows another in one path", "write `[*]` for both", "[1].*.a.*"),
    "no_attributes": Code(_VALUE, "a value is not an object", "take an element of the list first, or guard against null", "[1].a"),
    "no_text": Code(_VALUE, "a value in a text is null or has no text", '`coalesce(value, "none")`, or `join` for a list', '"a ${null}"'),
    "not_a_bool": Code(_VALUE, "a condition is neither true nor false", "compare it with something", "5 ? 1 : 2"),
    "not_a_collection": Code(_VALUE, "a `for` goes over something other than a list or an object", "put it in brackets for a list of one", "[for v in 5 : v]"),
    "not_a_list": Code(_VALUE, "what stands before `...` is not a list", "put it in brackets", "max(5...)"),
    "not_a_number": Code(_VALUE, "a calculation with something that is not a number", "convert it with `tonumber`, or compare texts with `==`", '"a" * 2'),
    "not_indexable": Code(_VALUE, "a value has no elements", "only lists and objects have", "5[0]"),
    "number_malformed": Code(_VALUE, "digits and dots make no number", "write one decimal point at most, and text in quotes", "1.2.3"),
    "number_out_of_range": Code(_VALUE, "a number is too large", "write a smaller one", "1e999999"),
    "operand_missing": Code(_VALUE, "an operator lacks its right side", "write it on the same line", "1 +"),
    "operator_unknown": Code(_VALUE, "two operators stand side by side, or an `=` is one too many", "values are compared with `==`", "1 = = 2"),
    "separator_missing": Code(_VALUE, "a comma, a line break or a closing bracket is missing", "write it before the place that is marked", "[1 2]"),
    "single_ampersand": Code(_VALUE, "a single `&`", "write `&&`", "true & false"),
    "single_bar": Code(_VALUE, "a single `|`", "write `||`", "true | false"),
    "single_quote": Code(_VALUE, "a single quotation mark", 'write `"…"`', "'a'"),
    "strip_marker_misplaced": Code(_VALUE, "a `~` stands elsewhere than at the edge of a template sequence", "remove it", "{ a = 1 ~}"),
    "unexpected": Code(_VALUE, "something cannot stand here", "compare with docs/language.md, or remove it", "1 ? 2 : 3 : 4"),
    "unknown_character": Code(_VALUE, "a character has no meaning here", "remove it, or put it between double quotes", "1 § 2"),
    "unknown_directive": Code(_VALUE, "a template directive is unknown", "`if`, `else`, `endif`, `for` and `endfor` are known; `%%{` stands for the characters", '"%{ while }"'),
    "unknown_function": Code(_VALUE, "there is no such function", "mind the spelling; the help lists all", "uper(1)"),
    "unknown_name": Code(_VALUE, "there is no such name here", "mind the spelling, declare it, or quote it if the text is meant", "evnt"),
    "value_missing": Code(_VALUE, "a value is missing", "write one, beginning on the same line", '"a ${}"'),
    "sides_differ": Code(_VALUE, "the sides of `?:` have no type in common", "give both sides values of one type; numbers and bools become text beside text", "true ? 1 : [1]"),
    "wrong_arguments": Code(_VALUE, "a function gets too many or too few arguments", "see the signature in the help", "upper()"),
    # Definitions
    "duplicate_local": Code(_FILE, "a local is declared twice", "keep one of them", "locals {\n  x = 1\n}\nlocals {\n  x = 2\n}"),
    "duplicate_provisioner": Code(_FILE, "a project has two provisioners", "merge them", 'provisioner "soc" {\n}\nprovisioner "soc" {\n}'),
    "duplicate_variable": Code(_FILE, "a variable is declared twice", "keep one of them", 'variable "x" { default = 1 }\nvariable "x" { default = 2 }'),
    "empty_definition": Code(_FILE, "the file has no provisioner", "add one, named after the project it serves", "locals {\n}"),
    "local_cycle": Code(_FILE, "a local depends on itself, or on too many others in a row", "write out one of them", "locals {\n  x = local.x\n}"),
    "misplaced_block": Code(_FILE, "a block stands where it does not belong", "move it to where the help says", 'state "a" {\n}'),
    "unknown_attribute": Code(_FILE, "there is no such attribute", "mind the spelling; the help lists what there is", 'variable "x" { defualt = 1 }'),
    "unknown_block": Code(_FILE, "there is no such block", "mind the spelling; the help lists what there is", "statmachine {\n}"),
    "unknown_type": Code(_FILE, "a variable's type is unknown", "write `string`, `number`, `bool`, `any`, `list(…)`, `map(…)` or `object({…})`", 'variable "x" { type = text }'),
    "sensitive_shown": Code(_FILE, "a value that is made of a sensitive one names something, and would be shown", "take something else, or write `nonsensitive(…)` around what may be shown", 'variable "chat_token" { default = "x" }\nprovisioner "soc" {\n  statemachine "soc" {\n    initial = var.chat_token\n    state "x" {\n    }\n  }\n}'),
    "variable_without_value": Code(_FILE, "a variable has no value", "give it a default, or `variables:` in workers.yaml, or `INTERLOCK_VAR_NAME` in the environment", 'variable "x" {\n}'),
    "wrong_labels": Code(_FILE, "a block has too many or too few labels", "write it as the help shows", "variable {\n  default = 1\n}"),
    "unused_local": Code(_FILE, "a local is used nowhere", "remove it, or use it", 'locals {\n  x = 1\n}\nprovisioner "soc" {\n}'),
    "unused_variable": Code(_FILE, "a variable is used nowhere", "remove it, or use it", 'variable "x" { default = 1 }\nprovisioner "soc" {\n}'),
    "bad_name": Code(_FILE, "a label is not a valid name", "use printable characters, without spaces around them; some words are reserved", 'variable "" { default = 1 }'),
    "alias_mapper_id_mismatch": Code(_PROVISIONER, "the aliasmapper does not have its provisioner's name", "give it that name", 'aliasmapper "dev" {\n  aliases = { a = "A", b = "B" }\n}'),
    "alias_without_state": Code(_PROVISIONER, "an alias is for a state that the machine does not have", "remove it, or mind the spelling", 'aliasmapper "soc" {\n  aliases = { a = "A", b = "B", c = "C" }\n}'),
    "duplicate_alias": Code(_PROVISIONER, "a state has two aliases", "keep one of them", 'aliasmapper "soc" {\n  aliases = { a = "A", ("a") = "B" }\n}'),
    "duplicate_alias_value": Code(_PROVISIONER, "two states have the same alias", "a status can stand for one state only", 'aliasmapper "soc" {\n  aliases = { a = "A", b = "A" }\n}'),
    "duplicate_aliasmapper": Code(_PROVISIONER, "a provisioner has two aliasmappers", "merge them", 'aliasmapper "soc" { aliases = { a = "A" } }\naliasmapper "soc" { aliases = { b = "B" } }'),
    "duplicate_machine": Code(_PROVISIONER, "a provisioner has two state machines", "keep one of them", 'statemachine "soc" { initial = "a" }'),
    "duplicate_module": Code(_PROVISIONER, "two modules of a provisioner have one name", "give one of them another name", 'module "x" { source = "./a" }\nmodule "x" { source = "./b" }'),
    "event_never_handled": Code(_PROVISIONER, "a `receive` block fires an event that no state handles", "mind the spelling, or add a state for it", 'receive "github" "release" {\n  entity = ["SOC-1"]\n  fire   = "gone"\n}'),
    "missing_attribute": Code(_PROVISIONER, "a block lacks an attribute", "add it", 'receive "github" "release" { fire = "go" }'),
    "missing_block": Code(_FILE, "a provisioner has no state machine", "add one", 'provisioner "soc" {\n}'),
    "state_id_alias_mapping_not_found": Code(_PROVISIONER, "a state has no alias, and others have", "add it to the aliases, or write `alias = null` in its block", 'aliasmapper "soc" { aliases = { a = "A" } }'),
    "unknown_event_type": Code(_PROVISIONER, "a `receive` block misspells an event type of its source", "write it as the source does; a type that is never sent does nothing", 'receive "github" "pull_requst" {\n  entity = ["SOC-1"]\n  fire   = "go"\n}'),
    "unknown_payload_field": Code(_PROVISIONER, "a payload of that event type has no such field", "write it as the source does, or guard it with `try`; it is a warning where no field is similar", 'receive "github" "release" {\n  entity = issue_keys(event.relase.body)\n  fire   = "go"\n}'),
    "unknown_payload_value": Code(_PROVISIONER, "a field of a payload is not known to have that value", "write it as the source does; if it is new, keep it", 'receive "github" "release" {\n  when   = event.action == "publishd"\n  entity = issue_keys(event.release.body)\n  fire   = "go"\n}'),
    "unknown_source": Code(_PROVISIONER, "a `receive` block names a source that is not installed", "the help lists what there is", 'receive "githup" "release" {\n  entity = ["SOC-1"]\n  fire   = "go"\n}'),
    "alias_inside_parallel": Code(_FILE, "a state in a parallel state has an alias of its own", "give the alias to the parallel state: a backend shows one status at a time", 'provisioner "soc" {\n  aliasmapper "soc" { aliases = { p = "P", "p.x" = "X" } }\n  statemachine "soc" {\n    initial = "p"\n    parallel "p" {\n      state "x" {\n      }\n    }\n  }\n}'),
    "completion_without_state": Code(_MACHINE, "a completion event names a state that cannot come to its end", "name a state by its full name, and give a state in it `final = true`", 'state "b" "done.state.a" { transition = "a" }'),
    "conflicts": Code(_MACHINE, "of several transitions for one state and event, one before the last has no `when`", "give all but the last a condition: the first that fits is taken", 'state "b" "go" { transition = "a" }\nstate "b" "go" { transition = "b" }'),
    "duplicate_block": Code(_MACHINE, "a block stands twice where there can be one, such as `request` or `on_enter`", "merge them", 'state "b" "go" {\n  transition = "a"\n  request {\n  }\n  request {\n  }\n}'),
    "duplicate_state": Code(_MACHINE, "a state has two blocks, or its full name is another's", "merge them, or choose another name", 'state "b" {\n}\nstate "b" {\n}'),
    "end_has_effects": Code(_MACHINE, "a transition to `<end>` has effects", "remove them: it calls and changes nothing", 'state "b" "go" {\n  transition = "<end>"\n  set        = { x = 1 }\n}'),
    "endless_loop": Code(_MACHINE, "an `always` block without a guard does not leave its state", "give it a guard that its own `set` makes false, or a target", 'state "b" {\n  always { transition = "b" }\n}'),
    "answer_out_of_reach": Code(_MACHINE, "nobody may give an answer, or fewer people may than have to", "name more people in `from`, or need fewer", 'state "b" {\n  await {\n    from = ["ada"]\n    answer "approve" {\n      needs      = 2\n      transition = "a"\n    }\n  }\n}'),
    "await_without_way_out": Code(_MACHINE, "a state asks people, and leads nowhere whatever they answer", "give one of its answers a `transition`, or the state an `after` or `on` block", 'state "b" {\n  await {\n    from = "ada"\n    answer "note" { set = { note = event.comment } }\n  }\n}'),
    "final_state_left": Code(_MACHINE, "a final state has a transition", "remove it, or `final`", 'state "b" {\n  final = true\n  on "go" { transition = "a" }\n}'),
    "cancel_without_raise": Code(_MACHINE, "a `cancel` names an event that nothing raises with a delay", "mind the spelling, or remove it", 'state "b" "x" {\n  transition = "a"\n  cancel "y" {}\n}'),
    "event_without_end": Code(_MACHINE, "a state has an `event`, and ends no state around it", "remove it, or make it a final state inside another one", 'state "b" { event = {} }'),
    "history_without_target": Code(_MACHINE, "a state begins with a history that leads nowhere before there is a past", "give the history a `transition`", 'state "b" {\n  initial = "h"\n  state "x" {\n  }\n  history "h" {\n  }\n}'),
    "leave_without_target": Code(_MACHINE, "a transition without a target says `leave`", "remove it, or name a state inside as the target", 'state "b" "x" {\n  leave = false\n  set   = {}\n}'),
    "state_left_anyway": Code(_MACHINE, "a transition says `leave = false`, and its target is not inside its state", "remove it, or name a state inside", 'state "b" "x" {\n  leave      = false\n  transition = "a"\n}'),
    "states_apart": Code(_MACHINE, "a target names two states in which nothing can be at once", "name one of them, or states in different regions of a parallel state", 'state "b" "x" { transition = "a & c" }'),
    "final_state_nested": Code(_MACHINE, "a final state has states in it, or is a region of a parallel state", "make a state in it final", 'state "b" {\n  final   = true\n  initial = "x"\n  state "x" {\n  }\n}'),
    "history_leads_out": Code(_MACHINE, "the `transition` of a history leads out of its state", "name a state inside", 'state "b" {\n  initial = "x"\n  state "x" {\n  }\n  history "h" { transition = "a" }\n}'),
    "history_without_states": Code(_MACHINE, "a state has a history and no states in it", "remove it, or add the states", 'state "b" {\n  history "h" {\n  }\n}'),
    "initial_without_states": Code(_MACHINE, "a state has an `initial` and no states in it", "remove it, or add the states", 'state "b" { initial = "x" }'),
    "initial_state_unregistered": Code(_FILE, "the initial state does not exist", "mind the spelling, or add the state", 'provisioner "soc" {\n  statemachine "soc" { initial = "a" }\n}'),
    "internal_state_has_alias": Code(_FILE, "a state with `alias = null` has an alias", "remove one of the two", 'provisioner "soc" {\n  aliasmapper "soc" { aliases = { a = "A" } }\n  statemachine "soc" {\n    initial = "a"\n    state "a" { alias = null }\n  }\n}'),
    "request_without_call": Code(_MACHINE, "a `request` decorates a call that is not made", "remove it, or name a state that the backend shows otherwise", 'state "b" "go" {\n  transition = "b"\n  request {\n    x = 1\n  }\n}'),
    "transition_state_unregistered": Code(_MACHINE, "a transition leads to a state that does not exist", "mind the spelling, or add the state", 'state "b" "go" { transition = "gone" }'),
    "own_event_fired": Code(_PROVISIONER, "a `receive` block fires an event that only the engine sends", "choose a name that does not begin with `after.`, `await.` or `done.state.` and is not `effect.failed`", 'receive "github" "release" {\n  entity = ["SOC-1"]\n  fire   = "effect.failed"\n}'),
    "unsupported": Code(_TOGETHER, "this version does not support it yet", "remove it for now", "a block that docs/language.md does not describe yet"),
    "wildcard_inside": Code(_MACHINE, '`state "*"` stands in another state', "write the `on` block in that state itself: it holds for all states in it", 'state "b" {\n  initial = "x"\n  state "x" {\n  }\n  state "*" "go" { transition = "x" }\n}'),
    "wildcard_setting": Code(_MACHINE, 'the block `state "*"` has what only a state has', "set it in the blocks of the states that are meant", 'state "*" {\n  final = true\n}'),
    "wrong_type": Code(_MACHINE, "a value has the wrong type", "write a value of the type that the help names", 'state "b" { final = "yes" }'),
    # Modules
    "module_cycle": Code(_TOGETHER, "a module uses itself, by way of others perhaps, or modules are nested too deeply", "take what both need out into a module of its own", 'a/main.hcl with `source = "../b"` and b/main.hcl with `source = "../a"`'),
    "module_missing": Code(_PROVISIONER, "a `source` leads to no definitions", "mind the spelling; it counts from the folder of the file it stands in", 'module "x" { source = "./nowhere" }'),
    "module_outside": Code(_PROVISIONER, "a `source`, or a symbolic link, leads out of the machines directory", "move the module into it, or name a directory above both with `--machines`", 'module "x" { source = "../../elsewhere" }'),
    "module_provisioner": Code(_TOGETHER, "a module has no provisioner, or several", "give it one; a file of it can be named by `source`, too", '`source = "./lib"` where lib has locals only'),
    "module_source": Code(_PROVISIONER, "a `source` is not a path that begins with `./` or `../`", "name a folder or a file below the machines directory; modules are not fetched", 'module "x" { source = "github.com/acme/review" }'),
    # Properties, tests and proofs
    "property_claims": Code(_PROVISIONER, "a property makes no claim, several, or one with an attribute that says nothing to it", "write exactly one of always, never, reachable, eventually, leads_to", 'property "it" {\n}'),
    "unknown_state": Code(_PROVISIONER, "a property, a test, or what is compared with `state`, `previous` or `active`, names a state that the machine does not have", "name one of its states", 'property "it" { reachable = "nowhere" }'),
    "context_never_set": Code(_MACHINE, "an expression asks for what no `set` of the machine puts into the context", "mind the spelling, or set it; `try(context.x, null)` gives a default", 'state "b" "go" {\n  when       = context.cuont > 3\n  transition = "a"\n}'),
    "unknown_verdict": Code(_PROVISIONER, "a test expects a verdict that does not exist", "use one of the verdicts of docs/language.md, or ignored", 'test "it" {\n  when "next" {}\n  then { verdict = "movd" }\n}'),
    "duplicate_property": Code(_PROVISIONER, "two properties have one name", "give one of them another name", 'property "it" { reachable = "a" }\nproperty "it" { reachable = "a" }'),
    "duplicate_test": Code(_PROVISIONER, "two tests have one name", "give one of them another name", 'test "it" {\n  when "next" {}\n  then { state = "a" }\n}\ntest "it" {\n  when "next" {}\n  then { state = "a" }\n}'),
    "unknown_provisioner": Code(_TOGETHER, "a file of tests is about a project that the definition beside it does not have", "name one of its provisioners", '`provisioner "sco"` in soc_test.hcl beside soc.hcl'),
    "property_fails": Code(_TOGETHER, "a property does not hold", "read the counterexample, and mend the machine or the claim", '`never = state == "done"` where a way leads to done'),
    "property_open": Code(_TOGETHER, "a property was neither proven nor refuted", "nothing, or write guards that can be taken apart (docs/checking.md)", "a counter without end in the context"),
    "unreachable_state": Code(_TOGETHER, "no way leads from the initial state to it", "add a transition, or remove the state", "a state that no transition has as its target"),
    "endless_timers": Code(_TOGETHER, "timers that wait less than a second set one another without end", "let one of them wait longer, or give it a guard that its own `set` makes false", "two states with `after` blocks that lead to each other, both with `delay = 0`"),
    "transition_hindered": Code(_TOGETHER, "whenever a transition could be taken, something that it does cannot be evaluated", "mend that part of it", "`set = { n = range(var.n) }` where `var.n` is a million and a half"),
    "event_never_fired": Code(_TOGETHER, "a transition waits for an event that no `receive` block fires, and nothing raises", "mind the spelling, or add what fires it", '`fire = "merged"` and `on "mergd"`'),
    "dead_end": Code(_TOGETHER, "nothing leads out of a state that is not final", "add final = true, or a transition", "a state block without any on block"),
    "no_end_reachable": Code(_TOGETHER, "from a state no end can be reached, though the machine has one", "add a way to a final state or to <end>", "two states that lead only to each other"),
    "guard_never_true": Code(_TOGETHER, "nothing that can come in makes a guard true", "mend the condition, or remove the transition", "`when = event.a == 1 && event.a == 2`"),
    "guard_always_true": Code(_TOGETHER, "a guard holds whatever comes in", "leave it out", "`when = can(event.a) || !can(event.a)`"),
    "transition_shadowed": Code(_TOGETHER, "a transition is never taken: one before it always is", "change the order, or the conditions", "`when = event.a > 1`, and after it `when = event.a > 2`"),
    "guards_overlap": Code(_TOGETHER, "two guards hold for one event: the first one is taken", "make the conditions exclude each other, if that is not meant", "`when = event.a`, and after it `when = event.b`"),
    "orphan_timer": Code(_TOGETHER, "a timer never runs out: its state is always left before", "make its delay shorter, or remove it", "`after` with 72h beside another without a guard that leaves after 24h"),
    "explored_in_part": Code(_TOGETHER, "not everything that a machine can do could be tried", "nothing: what is said was found, not proven complete", "a guard that calls a function"),
    # workers.yaml and what it names
    "duplicate_key": Code(_WORKERS, "a member of workers.yaml, or a key of an object, stands twice", "keep one of them", "workers: {}\nworkers: {}"),
    "duplicate_project": Code(_WORKERS, "a project is served by two workers", "one backend holds the state of a project: remove one", "workers:\n  jira: {statefile: a.hcl, projects: [soc]}\n  http: {statefile: a.hcl, projects: [soc]}"),
    "projects_missing": Code(_WORKERS, "a worker has a statefile and serves no project", "list its `projects:`, or remove the statefile", "workers:\n  jira: {statefile: a.hcl}"),
    "statefile_missing": Code(_WORKERS, "a worker serves projects and has no statefile", "add `statefile:`", "workers:\n  jira: {projects: [soc]}"),
    "unknown_member": Code(_WORKERS, "there is no such member", "mind the spelling", "workers:\n  jira: {statfile: a.hcl}"),
    "workers_missing": Code(_WORKERS, "there is no worker", "write `workers:`, then a name, then `statefile:` and `projects:`", "workers: {}"),
    "workers_too_large": Code(_TOGETHER, "workers.yaml is too large", "it should have a line or two for each project", "a file of some megabytes"),
    "wrong_value": Code(_WORKERS, "a value cannot be used", "write what the help says", "workers:\n  jira: {statefile: /a.hcl, projects: [soc]}"),
    "yaml_alias": Code(_WORKERS, "the aliases of YAML repeat too much", "write the values out, without `&` and `*`", "workers: &x\n  jira: *x"),
    "yaml_syntax": Code(_WORKERS, "this is no YAML", "mind indentation and quotes", "workers: ["),
    "missing_setting": Code(_TOGETHER, "a processor lacks a setting", "add it to `settings:`, or set its variable", "the worker jira without ATLASSIAN_URL"),
    "state_machine_id_mismatch": Code(_TOGETHER, "a machine does not have its project's name, or a project has no provisioner", "name both after the project", '`projects: [soc]` and a statefile that only has `provisioner "dev"`'),
    "unknown_processor": Code(_TOGETHER, "a worker names a processor that is not installed", "the help lists what there is", "`processor: jria`"),
    "unknown_setting": Code(_TOGETHER, "a processor has no such setting", "mind the spelling", "`settings: {ulr: …}` of the worker jira"),
    "unknown_variable": Code(_TOGETHER, "workers.yaml or `--var` gives a variable that the definitions do not declare", "mind the spelling, or declare it", "`variables: {grac: 72h}` where only `grace` is declared"),
    "worker_without_actions": Code(_TOGETHER, "an action names a worker that makes transition calls only", "use the `request` block of the transition, or name another worker", '`action "atlassian" "comment" {}`'),
    "missing_argument": Code(_TOGETHER, "an action or a request lacks an argument that its processor cannot do without", "give it there, or in the worker's settings", '`action "http" "announce" {}`'),
    "unknown_argument": Code(_TOGETHER, "an action or a request gives an argument that its processor does not take", "mind the spelling; the help lists what it takes", '`ulr = …` in `action "http" "announce"`'),
    "wrong_argument": Code(_TOGETHER, "an action or a request gives a value that its processor cannot use, whatever comes in", "write what the help says", '`method = "PSOT"` in `action "http" "announce"`'),
    "unknown_worker": Code(_TOGETHER, "an action names a worker that workers.yaml does not have", "mind the spelling, or add the worker; `http` is always there", '`action "chat" "announce" { … }` without a worker chat'),
    "environment_without_variable": Code(_TOGETHER, "the environment gives a variable that no definition which workers.yaml names declares", "mind the spelling, or unset it", "`INTERLOCK_VAR_GRAC=72h` where only `grace` is declared"),
    "unreadable_file": Code(_TOGETHER, "a file is missing or cannot be read", "name the right place, or make it readable", "`--workers nowhere.yaml`"),
    "unresolved_reference": Code(_TOGETHER, "a setting or a variable refers to a variable of the environment that is not set", "set it, or write the value itself", "`token: env://JIRA_TOKEN` without JIRA_TOKEN"),
    "wrong_setting": Code(_TOGETHER, "a setting of a processor cannot be used", "write what the help says", "`url: ftp://…` of the worker jira"),
}  # fmt: skip


#: What is not an error as a rule, and what it is then.
_MILDER: Mapping[Severity, frozenset[str]] = {
    Severity.WARNING: frozenset({
        "alias_mapper_id_mismatch", "alias_without_state", "await_without_way_out", "context_never_set", "dead_end",
        "empty_definition", "environment_without_variable", "event_never_fired", "event_never_handled",
        "guard_never_true", "never_equal", "no_end_reachable", "orphan_timer", "projects_missing", "scxml_differs",
        "transition_hindered", "transition_shadowed", "unknown_event_type", "unknown_payload_value",
        "unreachable_state", "unused_local", "unused_variable",
    }),
    Severity.NOTE: frozenset({
        "explored_in_part", "guard_always_true", "guards_overlap", "property_open", "scxml_left_out",
    }),
}  # fmt: skip


def level_of(code: str) -> Severity:
    """How bad a problem with that code is as a rule."""
    return next((severity for severity, codes in _MILDER.items() if code in codes), Severity.ERROR)


def page() -> str:
    """The whole of docs/diagnostics.md."""
    parts = [_INTRODUCTION]
    for where in Where:
        rows = sorted(name for name, code in CODES.items() if code.where is where)
        table = [_row(name, CODES[name]) for name in rows]
        parts.append("\n".join([f"## {where.value}", "", *_HEAD, *table, ""]))
    return "\n".join(parts)


_INTRODUCTION = """# Diagnostics

Every problem that `interlock check` reports has a code. `interlock explain CODE` prints its row of this page.

<!-- Made by `interlock explain --page` from engine/diagnostic_codes.py. -->
"""
_HEAD = ("| code | what is wrong | what to do | an example |", "|---|---|---|---|")


def _row(name: str, code: Code) -> str:
    example = (
        code.example if code.where is Where.TOGETHER else "<br>".join(_as_code(line) for line in code.shown())
    )
    cells = (f"`{name}`", code.wrong, code.do, example)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _as_code(line: str) -> str:
    """The line as code, with spaces that Markdown keeps; a backtick inside needs two around."""
    text = line.lstrip(" ")
    kept = "\u00a0" * (len(line) - len(text)) + text
    return f"`` {kept} ``" if "`" in kept else f"`{kept}`"
