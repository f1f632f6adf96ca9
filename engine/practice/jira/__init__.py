"""A Jira to practise and test against: stateful, faithful, and awkward on demand. `docs/practice.md` is its manual.

`world` holds the state, `routes` says what can be asked, `handling` how one call goes, `app` and `server` do the I/O.
"""

from engine.practice.jira.issues import Permission, ProjectPlan
from engine.practice.jira.run import run
from engine.practice.jira.trouble import Troubles
from engine.practice.jira.workflow import DELIVERY, THORNY, Workflow
from engine.practice.jira.world import Account, Deployment, JiraWorld

__all__ = [
    "DELIVERY",
    "THORNY",
    "Account",
    "Deployment",
    "JiraWorld",
    "Permission",
    "ProjectPlan",
    "Troubles",
    "Workflow",
    "run",
]
