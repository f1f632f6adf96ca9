"""What every test shares."""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.harness.postgres import PostgresServer, running_postgres

# How long an example takes says something about the machine, not about the code; a slow draw neither.
# The same examples at every run: what CI says of a commit stays true. `make explore` looks for new ones.
settings.register_profile(
    "interlock", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.register_profile(
    "explore", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=1000, print_blob=True
)
settings.load_profile("interlock")

# Where a test configures no logs: a traceback with the values of all variables takes seconds to draw.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test run."""
    with running_postgres() as server:
        yield server
