"""The way back through an entity's decisions: from its instance to the last one, and from each to the one before it.

Numbers only count down on the way, so that it ends even where somebody has changed them; and it never leaves its entity.
"""

from array import array

from sqlalchemy import CTE, Connection, Integer, Select, and_, bindparam, literal_column, select

from engine.store.tables import history, instances

_THIS = and_(history.c.project == bindparam("of_project"), history.c.entity_id == bindparam("of_entity"))
_ALL = 2**62


def back() -> CTE:
    """The numbers of an entity's decisions as a table with the column ``id``, the newest at first.

    It asks for the parameters `of_project`, `of_entity` and `at_most`.
    """
    last = (
        select(history.c.id, history.c.previous_id, literal_column("1", Integer).label("step"))
        .join(
            instances,
            and_(
                instances.c.last_history_id == history.c.id,
                instances.c.project == history.c.project,
                instances.c.entity_id == history.c.entity_id,
            ),
        )
        .where(_THIS)
        .cte("back", recursive=True)
    )
    before = (
        select(history.c.id, history.c.previous_id, last.c.step + 1)
        .join(last, and_(history.c.id == last.c.previous_id, history.c.id < last.c.id))
        .where(_THIS, last.c.step < bindparam("at_most", _ALL))
    )
    return last.union_all(before)


def decided() -> Select[tuple[int]]:
    """The numbers of the events that an entity's decisions are about; asks for the same parameters."""
    found = back()
    return select(history.c.inbox_id).join(found, found.c.id == history.c.id)


_BACK = back()
_NUMBERS = select(_BACK.c.id)


def numbers(c: Connection, project: str, entity_id: str) -> "array[int]":
    """The rows of an entity's decisions that can be reached from its instance, oldest first: eight bytes for each."""
    found = array("q", c.execute(_NUMBERS, {"of_project": project, "of_entity": entity_id}).scalars())
    found.reverse()
    return found
