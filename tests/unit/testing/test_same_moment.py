"""A failure at a moment when more is due: the printed block lets the moment end, and passes."""

from datetime import timedelta

import pytest

from engine.testing import state_machine_for
from tests.properties.test_stateful_laws import pasted

SOURCE = """
provisioner "dev" {
  statemachine "dev" {
    initial = "a"
    state "a" {
      after {
        delay      = "1m"
        transition = "b"
      }
    }
    state "b" {
      after {
        delay      = "0s"
        transition = "c"
      }
    }
    state "c" {}
  }
  property "p" { never = state == "b" }
}
"""


def test_the_block_ends_where_the_moment_ends() -> None:
    machine = state_machine_for(SOURCE)()
    machine.start()
    with pytest.raises(AssertionError, match='property "p" does not hold'):
        machine.wait(timedelta(hours=1))
    block = machine.as_test()
    assert 'state = "c" # "b" was decided at the same moment, before' in block
    assert pasted(SOURCE, block).passed
