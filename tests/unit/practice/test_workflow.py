import pytest

from engine.errors import SettingError
from engine.practice.jira.issues import ProjectPlan, project_plans
from engine.practice.jira.workflow import DELIVERY, THORNY, WORKFLOWS, Status, Transition, Workflow


def test_a_transition_is_available_only_from_its_sources() -> None:
    assert [t.name for t in DELIVERY.available("To Do")] == ["Start work"]
    assert [t.name for t in DELIVERY.available("In Progress")] == [
        "Ask for review",
        "Ship it",
        "Back to the queue",
    ]


def test_no_transition_of_the_default_workflow_is_named_after_a_status() -> None:
    assert not {t.name for t in DELIVERY.transitions} & {s.name for s in DELIVERY.statuses}


def test_the_ids_of_the_transitions_differ_between_statuses() -> None:
    ids = [{t.id for t in DELIVERY.available(status.name)} for status in DELIVERY.statuses]
    assert sum(len(some) for some in ids) == len(set.union(*ids))


def test_a_global_transition_is_available_everywhere() -> None:
    assert all("106" in {t.id for t in THORNY.available(status.name)} for status in THORNY.statuses)


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=lambda workflow: workflow.name)
def test_every_status_can_be_reached(workflow: Workflow) -> None:
    for status in workflow.statuses:
        assert workflow.path(workflow.initial, status.name) is not None


def test_the_shortest_way_is_found() -> None:
    way = DELIVERY.path("To Do", "Done")
    assert way is not None
    assert [t.id for t in way] == ["11", "31"]
    assert DELIVERY.path("Done", "Done") == ()


def test_no_way_is_none() -> None:
    one = Status(id="1", name="One", category="new")
    two = Status(id="2", name="Two", category="done")
    back = Transition(id="1", name="Back", sources=("Two",), to="One")
    workflow = Workflow(name="w", statuses=(one, two), transitions=(back,), initial="One")
    assert workflow.path("One", "Two") is None


def test_a_workflow_that_names_an_unknown_status_is_refused() -> None:
    with pytest.raises(ValueError, match="names statuses that it does not have: Nowhere"):
        Workflow(
            name="w",
            statuses=DELIVERY.statuses,
            transitions=(Transition(id="1", name="Go", sources=(), to="Nowhere"),),
            initial="To Do",
        )


def test_a_workflow_that_uses_an_id_twice_is_refused() -> None:
    go = Transition(id="1", name="Go", sources=(), to="Done")
    with pytest.raises(ValueError, match="a transition id twice"):
        Workflow(name="w", statuses=DELIVERY.statuses, transitions=(go, go), initial="To Do")


@pytest.mark.parametrize(
    ("written", "plan"),
    [
        ("SOC:20", ProjectPlan(key="SOC", issues=20)),
        ("soc", ProjectPlan(key="SOC", issues=0)),
        (" DEV_OPS:1:thorny ", ProjectPlan(key="DEV_OPS", issues=1, workflow=THORNY)),
        ("SOC::thorny", ProjectPlan(key="SOC", issues=0, workflow=THORNY)),
    ],
)
def test_a_project_is_read(written: str, plan: ProjectPlan) -> None:
    assert ProjectPlan.parse(written) == plan


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "the key must be"),
        ("S", "the key must be"),
        ("1SOC:2", "the key must be"),
        ("SO-C:2", "the key must be"),
        ("ÄÖÜ:2", "the key must be"),
        ("SOC:many", "is not a number of issues"),
        ("SOC:-1", "is not a number of issues"),
        ("SOC:²", "is not a number of issues"),
        ("SOC:999999", "more than"),
        ("SOC:99999999999999999999", "is not a number of issues"),
        ("SOC:2:kanban", "no workflow 'kanban'. There are: delivery, thorny"),
    ],
)
def test_a_project_that_cannot_be_read_says_why(written: str, complaint: str) -> None:
    with pytest.raises(SettingError, match=complaint):
        ProjectPlan.parse(written)


def test_a_project_given_twice_is_refused() -> None:
    with pytest.raises(SettingError, match="SOC is given twice"):
        project_plans(["SOC:1", "soc:2"])
