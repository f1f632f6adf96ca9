"""What is said about definitions by who knows the sources."""

import pytest

from engine.machine.read import read_definition
from engine.sources.check import check_sources
from engine.sources.payloads import KNOWN_TYPES, OTHER_NAMES

SOURCE = """
provisioner "p" {
  receive "%s" "push" {
    entity = "P-1"
    fire   = "next"
  }
  statemachine "p" {
    initial = "a"
    state "a" "next" { transition = "a" }
  }
}
"""


def test_a_misspelled_source_is_an_error_at_its_block() -> None:
    [problem] = check_sources(read_definition(SOURCE % "gihub", "x.hcl"))
    assert problem.code == "unknown_source"
    assert problem.detail == 'Did you mean "github"?'
    assert str(problem.subject) == "x.hcl:3:3"


def test_an_installed_source_is_fine_in_any_case() -> None:
    read = read_definition(SOURCE % "GitHub", "x.hcl")
    assert read.definition is not None
    assert check_sources(read) == ()


def problems(text: str) -> list[tuple[str, str, str]]:
    read = read_definition(text, "x.hcl")
    assert read.diagnostics == ()
    assert read.definition is not None
    return [(p.code, p.severity.value, p.detail) for p in check_sources(read)]


def receiving(type_: str, entity: str, more: str = "", machine: str = "", source: str = "github") -> str:
    return f"""
provisioner "p" {{
  receive "{source}" "{type_}" {{
    entity = {entity}
    fire   = "next"
    {more}
  }}
  statemachine "p" {{
    initial = "a"
    state "a" "next" {{ transition = "a" }}
    {machine}
  }}
}}
"""


@pytest.mark.parametrize("field", ["description", "environment", "customfield_10001"])
def test_what_is_not_described_may_be_a_text(field: str) -> None:
    text = receiving("jira:issue_created", f"issue_keys(event.issue.fields.{field})", source="jira")
    assert problems(text) == []


def test_a_misspelled_event_type_is_a_warning_and_an_unknown_one_is_taken_as_it_comes() -> None:
    assert problems(receiving("pull_requst", "event.x")) == [
        (
            "unknown_event_type",
            "warning",
            'Did you mean "pull_request"? A block for a type that is never sent does nothing.',
        )
    ]
    assert problems(receiving("zeppelin_landed", "event.whatever.it.holds")) == []


@pytest.mark.parametrize(
    ("type_", "path", "meant"),
    [
        ("pull_request", "event.pul_request.title", "pull_request"),
        ("pull_request", "event.pull_request.titel", "title"),
        ("pull_request", "event.pull_request.head.reff", "ref"),
        ("pull_request", "event.pull_request.labels[0].nam", "name"),
        ("pull_request", 'event["pull_request"]["user"]["logn"]', "login"),
        ("release", "event.release.bdy", "body"),
        ("push", "event.head_comit.message", "head_commit"),
        ("issues", "event.isue.title", "issue"),
        ("create", "event.reff", "ref"),
        ("ping", "event.zeen", "zen"),
        ("workflow_run", "event.workflow_run.conclusions", "conclusion"),
    ],
)
def test_a_misspelled_field_of_a_known_payload_is_an_error(type_: str, path: str, meant: str) -> None:
    assert problems(receiving(type_, path)) == [
        ("unknown_payload_field", "error", f'Did you mean "{meant}"?')
    ]


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("pull_request", "event.pull_request.head.repo.owner.login"),
        ("pull_request", "[for l in event.pull_request.labels : l.name][0]"),
        ("pull_request", "[for l in event.pull_request.labels : try(l.nonsense, 1)][0]"),
        ("push", "event.commits[*].author.name"),
        ("push", "[for commit in event.commits : [for path in commit.added : upper(path)]]"),
        ("push", 'event.head_commit == null ? "none" : event.head_commit.message'),
        ("pull_request", "event.pull_request.labels[*].name[0]"),
        ("issues", "element(event.issue.labels, 0).name"),
        ("issues", "merge({ a = event.action }, event).issue.title"),
        ("issues", "concat([[1]], event.issue.labels...)[0].nme"),
        ("issues", "upper(event.issue.milestone.title)"),
        ("pull_request", "upper(event.pull_request.number)"),
        ("pull_request", "issue_keys(event.pull_request.id + 1)"),
        ("workflow_dispatch", "event.inputs.title.x"),  # the sender's own names
        ("repository_dispatch", "event.client_payload.number.x"),
        ("pull_request", 'try(event.pul_request.title, "x")'),
        ("pull_request", 'can(event.pul_request) ? "a" : "b"'),
        ("push", "event.commits[0].author.email"),
        ("push", "event.repository.full_name"),
        ("issues", "event.issue.reactions.heart"),
        ("repository_dispatch", "event.client_payload.anything.at.all"),
        ("workflow_dispatch", "event.inputs.anything"),
    ],
)
def test_what_a_payload_may_hold_is_fine(type_: str, path: str) -> None:
    assert problems(receiving(type_, path)) == []


@pytest.mark.parametrize(
    ("type_", "expression", "code", "told", "underlined"),
    [
        ("push", "[for c in event.commits : c.mesage]", "unknown_payload_field", '"message"', "c.mesage"),
        ("push", "[for i, c in event.commits : c.author.nam]", "unknown_payload_field", '"name"', "c.author.nam"),
        ("push", "event.commits[*].mesage", "unknown_payload_field", '"message"', "[*].mesage"),
        ("push", "event.commits.*.mesage", "unknown_payload_field", '"message"', ".*.mesage"),
        ("push", '"%{ for c in event.commits }${c.mesage}%{ endfor }"', "unknown_payload_field", '"message"', "c.mesage"),
        ("push", "{ for c in event.commits : c.idd => c.message }", "unknown_payload_field", '"id"', "c.idd"),
        ("push", "local.commits[0].mesage", "unknown_payload_field", '"message"', "local.commits[0].mesage"),
        ("push", "event.commits.message", "no_attributes", "event.commits[*].message", "event.commits.message"),
        ("push", "event.commits + 1", "not_a_number", "Take one element of it", "event.commits"),
        ("push", "event.commits == [] ? event.head_commit + 1 : -event.repository", "not_a_number", "", "event.head_commit"),
        ("pull_request", "upper(event.pull_request)", "function_failed", "upper(text: string)", "event.pull_request"),
        ("issues", "issue_keys(event.issue.labels)", "function_failed", "issue_keys(texts: string?...)", "event.issue.labels"),
        ("issues", 'issue_keys("A-1", event.issue)', "function_failed", "issue_keys(texts: string?...)", "event.issue"),
        ("pull_request", '"${event.pull_request} by me"', "no_text", "jsonencode", "event.pull_request"),
        ("pull_request", "event.pull_request.labels.name", "no_attributes", "[*].name", "event.pull_request.labels.name"),
        ("issues", "element(event.issue.labels, 0).nme", "unknown_payload_field", '"name"', "element(event.issue.labels, 0).nme"),
        ("issues", "reverse(event.issue.labels)[0].nme", "unknown_payload_field", '"name"', "reverse(event.issue.labels)[0].nme"),
        ("issues", "concat(event.issue.labels, event.issue.labels)[*].nme", "unknown_payload_field", '"name"', "[*].nme"),
        ("issues", "[for l in distinct(event.issue.labels) : l.nme]", "unknown_payload_field", '"name"', "l.nme"),
        ("issues", "merge({ a = 1 }, event, null).isue.title", "unknown_payload_field", '"issue"', "merge({ a = 1 }, event, null).isue"),
        ("issues", "merge(event, { a = 1 }).issue.titl", "unknown_payload_field", '"title"', "merge(event, { a = 1 }).issue.titl"),
        ("issues", "one(event.issue.labels).nme", "unknown_payload_field", '"name"', "one(event.issue.labels).nme"),
        ("pull_request", "event.number.x", "no_attributes", "Only objects", "event.number.x"),
        ("pull_request", "event.pull_request.title.x", "no_attributes", "Only objects", "event.pull_request.title.x"),
        ("pull_request", "event.pull_request.html_url[0]", "not_indexable", "Only lists", "event.pull_request.html_url[0]"),
        ("pull_request", "[for x in event.number : x]", "not_a_collection", "list of one", "event.number"),
        ("pull_request", "event.pull_request.merged + 1", "not_a_number", "value ? 1 : 0", "event.pull_request.merged"),
        ("pull_request", "!event.number", "not_a_bool", "Compare it", "event.number"),
        ("issues", "event.issue.milestone.title.x", "no_attributes", "Only objects", "event.issue.milestone.title.x"),
        ("pull_request", 'event.pull_request.labels["bug"]', "index_unfit", "counted from 0", '"bug"'),
    ],
)  # fmt: skip
def test_what_is_done_with_a_known_payload_is_checked(
    type_: str, expression: str, code: str, told: str, underlined: str
) -> None:
    declared = "locals {\n  commits = event.commits\n}\n" if "local." in expression else ""
    read = read_definition(declared + receiving(type_, '"P-1"', more=f"once_per = {expression}"), "x.hcl")
    assert read.diagnostics == ()
    assert read.definition is not None
    found = check_sources(read)
    assert found[0].code == code
    assert told in found[0].detail
    assert found[0].subject is not None
    source = read.definition.source.encode()
    assert source[found[0].subject.start : found[0].subject.end].decode() == underlined


def setting(expression: str) -> str:
    return f"""
    state "b" {{
      on "next" {{
        set        = {{ it = {expression} }}
        transition = "a"
      }}
    }}"""


@pytest.mark.parametrize(
    "expression",
    [
        "timecmp(event.ref, now) < 0",
        'timeadd(now, "72h") == formatdate("YYYY", now)',
        '"${now}: ${upper(now)}"',
        "try(now + 1, 0)",
        "timecmp(event.number, now)",  # 20260131 is a date
    ],
)
def test_what_may_go_well_with_a_time_is_fine(expression: str) -> None:
    assert problems(receiving("zeppelin_landed", '"P-1"', machine=setting(expression))) == []


@pytest.mark.parametrize(
    ("expression", "code", "underlined"),
    [
        ('timecmp(now, "yesterday")', "function_failed", '"yesterday"'),
        ("timecmp(now, 5)", "function_failed", "5"),
        ("timecmp(now, true)", "function_failed", "true"),
        ('timeadd(now, "3 days")', "function_failed", '"3 days"'),
        ('formatdate("QQ", now)', "function_failed", '"QQ"'),
        ('formatdate("\'open", now)', "function_failed", '"\'open"'),
        ("now + 1", "not_a_number", "now"),
        ("abs(now)", "function_failed", "now"),
        ("!now", "not_a_bool", "now"),
        ('regex("[A-Z]+", fired).x', "no_attributes", 'regex("[A-Z]+", fired).x'),
        ('regex("([A-Z]+)", event.action)[1]', "index_out_of_range", 'regex("([A-Z]+)", event.action)[1]'),
        ('regex("(?P<a>x)", event.action).b', "attribute_missing", 'regex("(?P<a>x)", event.action).b'),
        (
            "merge({ a = event.action }, { b = 1 }).c",
            "attribute_missing",
            "merge({ a = event.action }, { b = 1 }).c",
        ),
        ('regexall("x", event.action)[0].b', "no_attributes", 'regexall("x", event.action)[0].b'),
    ],
)
def test_what_fails_for_any_delivery_is_said_of_arguments_that_are_known(
    expression: str, code: str, underlined: str
) -> None:
    text = receiving("pull_request", '"P-1"', machine=setting(expression))
    found = read_definition(text, "x.hcl").diagnostics
    assert [each.code for each in found] == [code]
    assert found[0].subject is not None
    source = text.encode()
    assert source[found[0].subject.start : found[0].subject.end].decode() == underlined


@pytest.mark.parametrize(
    "expression",
    [
        'regex("([a-z]+)/([a-z]+)", event.ref)[1]',
        'regex("(?P<a>x)", event.ref).a',
        'regex(event.ref, "x").a[1]',
        "event.ref + 1",  # a text may spell a number
        "event.compare == null || event.commits[0].message == null",
        'event.deleted ? "none" : event.head_commit.message',
        "[for c in event.commits : c + 1]",  # there may be none
        "try(event.commits + 1, 0)",
        "can(upper(event.repository))",
        "event.forced && event.commits + 1 > 2",  # it may not be forced
        "length(event.commits) + 1",
        "merge(event.repository, { whatever = 1 }).whatever + 1",
    ],
)
def test_what_may_go_well_with_a_payload_is_fine(expression: str) -> None:
    assert problems(receiving("push", '"P-1"', more=f"once_per = {expression}")) == []


@pytest.mark.parametrize(("attribute", "told"), [("when", "true or false"), ("fire", "the name of an event")])
def test_an_object_of_a_payload_is_of_no_use_to_some_attributes(attribute: str, told: str) -> None:
    text = receiving("pull_request", '"P-1"', more="when = event.number == 1")
    text = (
        text.replace('"next"\n', "event.pull_request\n", 1)
        if attribute == "fire"
        else text.replace("event.number == 1", "event.pull_request")
    )
    read = read_definition(text, "x.hcl")
    assert read.definition is not None
    [problem] = check_sources(read)
    assert (problem.code, problem.summary) == (
        "wrong_type",
        f'"{attribute}" is an object, and must be {told}',
    )


def test_a_payload_is_misused_only_if_all_that_fire_the_event_agree() -> None:
    guard = """
    state "b" {
      on "next" {
        when       = [for c in event.commits : c.mesage] == [] || event.commits.id == 1
        transition = "a"
      }
    }"""
    text = receiving("push", "event.ref", machine=guard)
    assert [code for code, _, _ in problems(text)] == ["unknown_payload_field"]
    other = '  receive "github" "%s" {\n    entity = "P-1"\n    fire = "next"\n  }\n  statemachine'
    both = text.replace("  statemachine", other % "zeppelin_landed", 1)
    assert problems(both) == []


def test_what_a_machine_remembers_is_of_the_types_that_it_sets() -> None:
    machine = """
    state "b" {
      on "next" {
        when       = context.by.login == "x" || context.unset.anything
        set        = { count = context.count + 1, by = "ada", seen = [event.x], many = merge({}, {}) }
        transition = "a"
      }
      on "next" {
        set        = { by = null, count = 1 }
        transition = "a"
      }
      on_enter {
        action "http" "tell" {
          url = "https://x.example/${context.seen}"
        }
      }
    }
  }
  property "few" {
    always = context.count.of < 3
  """
    text = receiving("zeppelin_landed", '"P-1"', machine=machine)
    assert [(code, detail) for code, _, detail in problems(text)] == [
        ("no_attributes", "Only objects have attributes."),
        ("no_text", "Use join for a list, or jsonencode for anything."),
        ("no_attributes", "Only objects have attributes."),
        (
            "context_never_set",
            "What is set is by, count, many, seen. Set it, or give it a default: try(context.unset, null).",
        ),
    ]
    anything = text.replace("set        = { by = null", "set        = jsondecode(event.x) # ")
    assert problems(anything) == []


def test_a_field_far_from_all_others_is_a_warning() -> None:
    [(code, severity, detail)] = problems(receiving("ping", "event.quantum_flux"))
    assert (code, severity) == ("unknown_payload_field", "warning")
    assert detail.startswith("It has ")


def test_a_guard_sees_the_payloads_of_what_fires_its_event() -> None:
    guard = """
    state "b" {
      on "next" {
        when       = event.pull_request.merged && event.pull_request.marged
        transition = "a"
      }
    }"""
    (problem,) = problems(receiving("pull_request", "event.number", machine=guard))
    assert problem[1:] == ("error", 'Did you mean "merged"?')
    unknown = receiving("zeppelin_landed", "event.number", machine=guard)
    assert problems(unknown) == []


def test_a_local_may_look_at_any_payload_of_the_file() -> None:
    both = receiving("pull_request", "local.key", more='when = local.other == ""').replace(
        "  statemachine",
        '  receive "github" "issues" {\n    entity = "P-1"\n    fire = "next"\n  }\n  statemachine',
        1,
    )
    text = "locals {\n  key = event.issue.title\n  other = event.pull_reqest.title\n}\n" + both
    assert problems(text) == [("unknown_payload_field", "error", 'Did you mean "pull_request"?')]


def test_timers_and_eventless_transitions_have_no_delivery() -> None:
    machine = """
    state "b" {
      after {
        delay      = "1h"
        when       = event.pull_reqest == null
        transition = "a"
      }
      always {
        when       = event.pull_reqest == null
        transition = "a"
      }
    }"""
    text = receiving("pull_request", "event.number", machine=machine)
    assert problems(text.replace('fire   = "next"', "fire   = event.action")) == []


@pytest.mark.parametrize(
    ("source", "type_", "path", "meant"),
    [
        ("gitlab", "merge_request", "event.object_atributes.title", "object_attributes"),
        ("gitlab", "merge_request", "event.reviewers[0].user_name", "username"),
        ("gitlab", "push", "event.comits[0].message", "commits"),
        ("gitlab", "push", "event.commits[0].author.nam", "name"),
        ("gitlab", "build", "event.build_staus", "build_status"),
        ("gitlab", "pipeline", "event.object_attributes.staus", "status"),
        ("gitlab", "user_add_to_group", "event.group_acces", "group_access"),
        ("bitbucket", "pullrequest:fulfilled", "event.pul_request.title", "pullrequest"),
        ("bitbucket", "pullrequest:created", "event.pullrequest.source.branch.nam", "name"),
        ("bitbucket", "repo:push", "event.push.chages[0].new.name", "changes"),
        ("bitbucket", "pr:merged", "event.pullrequest.title", "pullRequest"),
        ("bitbucket", "repo:refs_changed", "event.changes[0].ref.displayID", "displayId"),
        ("jira", "jira:issue_updated", "event.isue.key", "issue"),
        ("jira", "jira:issue_updated", "event.issue.ky", "key"),
        ("jira", "jira:issue_updated", "event.changelog.items[0].fromStrin", "fromString"),
        ("jira", "jira:issue_created", "event.issue.fields.status.nam", "name"),
        ("jira", "comment_created", "event.comment.author.acountId", "accountId"),
        ("jira", "sprint_started", "event.sprnt.id", "sprint"),
        ("jira", "jira:issue_updated", "event.issue.fields.sumary", "summary"),
        ("gitlab", "merge_request", "event.object_attributes.acton", "action"),
        ("jira", "jira:version_released", "event.version.project.nam", ""),
    ],
)
def test_misspelled_fields_of_every_source_are_errors(source: str, type_: str, path: str, meant: str) -> None:
    wanted = [("unknown_payload_field", "error", f'Did you mean "{meant}"?')] if meant else []
    assert problems(receiving(type_, path, source=source)) == wanted


@pytest.mark.parametrize(
    ("source", "type_", "path", "told"),
    [
        ("jira", "jira:issue_updated", "event.issue.fields.customfield_10042.value", ""),
        ("jira", "jira:issue_updated", "event.issue.fields.an_apps_own_field", ""),
        ("jira", "jira:issue_updated", "event.issue.fields.resolution_day", "resolutiondate"),
        ("gitlab", "issue", "event.changes.epic_id.current", ""),
        ("gitlab", "issue", "event.changes.label_ids.current", "labels"),
        ("gitlab", "vulnerability", "event.object_attributes.location.dependency.version", ""),
        ("bitbucket", "repo:push", "event.repository.zeppelin", ""),
        ("bitbucket", "pullrequest:created", "event.pullrequest.titles_", "title"),
    ],
)
def test_where_a_sender_adds_fields_freely_only_a_near_miss_is_told_and_only_as_a_warning(
    source: str, type_: str, path: str, told: str
) -> None:
    wanted = [("unknown_payload_field", "warning", f'Did you mean "{told}"?')] if told else []
    assert problems(receiving(type_, path, source=source)) == wanted


@pytest.mark.parametrize(
    ("source", "type_", "meant"),
    [
        ("gitlab", "merge_requests", "merge_request"),
        ("gitlab", "quux", ""),
        ("gitlab", "job", "build"),
        ("gitlab", "Merge Request Hook", "merge_request"),
        ("bitbucket", "pullrequest:merged", "pullrequest:fulfilled"),
        ("bitbucket", "pullrequest:fullfilled", "pullrequest:fulfilled"),
        ("jira", "jira:issue_update", "jira:issue_updated"),
        ("jira", "issue_updated", "jira:issue_updated"),
    ],
)
def test_misspelled_event_types_of_every_source_are_warnings(source: str, type_: str, meant: str) -> None:
    found = problems(receiving(type_, "event.x", source=source))
    if meant:
        [(code, severity, detail)] = found
        assert (code, severity) == ("unknown_event_type", "warning")
        assert detail.startswith(f'Did you mean "{meant}"?')
    else:
        assert found == []


def test_types_and_fields_of_standard_webhooks_are_the_senders_own() -> None:
    assert problems(receiving("whatever.it.is", "event.data.whatever", source="standard")) == []


def test_other_names_lead_to_types_and_are_none_themselves() -> None:
    for source, names in OTHER_NAMES.items():
        assert set(names.values()) <= KNOWN_TYPES[source]
        assert not names.keys() & KNOWN_TYPES[source]


def test_what_fails_whatever_comes_is_told_once() -> None:
    text = """
provisioner "m" {
  statemachine "m" {
    initial = "open"
    state "open" "go" {
      when       = [1].x == event.number
      set        = { x = upper([1]), y = event.action }
      transition = "open"
    }
  }
  receive "github" "pull_request" {
    entity = event.pull_request.title
    fire   = "go"
  }
}
"""
    read = read_definition(text, "m.hcl")
    assert [p.code for p in read.diagnostics] == ["no_attributes", "function_failed"]
    assert check_sources(read) == ()


def doubts(expression: str, more: str = "") -> list[tuple[str, str]]:
    text = receiving("pull_request", "null", f"when = {expression}", more)
    read = read_definition(text, "x.hcl")
    found = [*read.diagnostics, *check_sources(read)]
    assert {p.severity.value for p in found} <= {"warning"}
    return [(p.summary, p.detail) for p in found if p.code == "never_equal"]


@pytest.mark.parametrize(
    ("expression", "summary", "detail"),
    [
        (
            'event.pull_request.number == "5"',
            "The sides are never equal: one is a number, the other a string",
            "Write 5 without quotes.",
        ),
        (
            '"true" != event.pull_request.merged',
            "The sides are never equal: one is a string, the other a bool",
            "Write true without quotes.",
        ),
        (
            'contains(event.pull_request.labels, "bug")',
            "None of the elements is ever equal: one is an object, the other a string",
            'Look for it among a part of each element: contains(event.pull_request.labels[*].name, "bug").',
        ),
        (
            'event.pull_request.labels == "bug"',
            "The sides are never equal: one is a list, the other a string",
            "Look for it in the list: contains(list, value).",
        ),
        (
            'event.pull_request.user == "ada" ? true : false',
            "The sides are never equal: one is an object, the other a string",
            "Compare a part of the object.",
        ),
        (
            "delivery.type == 5",
            "The sides are never equal: one is a string, the other a number",
            "Nothing is converted here: compare with a value of the same type, or convert with tostring or tonumber.",
        ),
    ],
)
def test_sides_that_are_never_equal(expression: str, summary: str, detail: str) -> None:
    assert doubts(expression) == [(summary, detail)]


@pytest.mark.parametrize(
    "expression",
    [
        "event.pull_request.number == 5",
        "event.pull_request.number == null",
        "event.pull_request.labels == null",
        'event.repository.pushed_at == "5"',
        "event.pull_request.number == event.pull_request.unheard_of",
        "event.pull_request.body == event.pull_request.number",
        'tostring(event.pull_request.number) == "5"',
        'contains(event.pull_request.labels[*].name, "bug")',
        'contains([], "bug") || event.action == "x"',
        'event.pull_request["number"] == try(tonumber("5"), null)',
        'event.unheard_of == "5"',
    ],
)
def test_sides_that_may_be_equal(expression: str) -> None:
    assert doubts(expression) == []


def test_a_comparison_is_told_once_though_it_stands_in_a_local_that_is_used_twice() -> None:
    text = (
        'locals {\n  merged = event.pull_request.merged == "true"\n}\n'
        + receiving("pull_request", "null", "when = local.merged")
    ).replace('state "a" "next" {', 'state "a" "next" {\n  when = local.merged\n ')
    read = read_definition(text.replace("{ transition", "{\n transition"), "x.hcl")
    found = [p.code for p in (*read.diagnostics, *check_sources(read))]
    assert found.count("never_equal") == 1


@pytest.mark.parametrize(
    ("source", "type_", "path"),
    [
        ("github", "pull_request", "event.pull_request.titel"),
        ("bitbucket", "pullrequest:created", "event.pullrequest.titel"),
        ("jira", "jira:issue_updated", "event.issue.fields.sumamry"),
    ],
)
def test_two_letters_that_have_changed_places_are_a_slip_whoever_sends(
    source: str, type_: str, path: str
) -> None:
    ((code, severity, _),) = problems(receiving(type_, path, source=source))
    assert (code, severity) == ("unknown_payload_field", "error")
