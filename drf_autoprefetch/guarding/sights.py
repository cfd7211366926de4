"""One unplanned query, put into words while its stack is still there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from rest_framework.serializers import ListSerializer

from ..reading.origins import field_origin, field_path, shorten
from .asides import is_a
from .loads import Load, load_of
from .stacks import Stack

_TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "COMMIT")


@dataclass(frozen=True, slots=True)
class Sight:
    """A query that was run while rows were shown.

    ``loop`` is the same for queries that the same lines of the project's code run, 0 without such code; ``point`` is
    the same for queries that are run at the same point of the program. ``lists`` and ``row`` stand for the list and the
    row of it that was being shown, ``nearest`` for the row shown nearest to the query; ``arguments`` stands for the
    query with its parameters. ``healed`` is the number of rows for which it spares another query.
    """

    path: str
    load: Load
    loop: int
    point: int
    lists: int
    row: int
    nearest: int
    arguments: int
    stack: Stack
    healed: int = 0


def sight_of(stack: Stack, sql: str, params: Any, *, heals: bool = False) -> Sight | None:
    """Return what is to be told of a query below ``stack``; None where no row is shown, or somebody planned it.

    Where somebody ``heals``, what is loaded for many rows unplanned is told of even if they are not being shown.
    """
    healed = stack.healed if heals else 0
    if stack.planned or sql.startswith(_TRANSACTIONS) or not (stack.shown or healed):
        return None
    root, shown, nearest = _shown(stack)
    return Sight(
        path=_path(stack),
        load=load_of(stack, sql),
        loop=stack.loop,
        point=stack.point,
        lists=id(root) if isinstance(root, ListSerializer) else 0,
        row=_identity(shown),
        nearest=_identity(nearest),
        arguments=hash((sql, str(params))),
        stack=stack,
        healed=healed,
    )


def _identity(row: Any) -> int:
    """Rows that are shown one after the other may lie at the same place in memory."""
    return hash((id(row), row.pk)) if is_a(row, Model) else id(row)


def _shown(stack: Stack) -> tuple[Any, Any, Any]:
    """The outermost serializer, the row that it shows, and the row that is shown nearest to the query."""
    if not stack.shown:
        return None, None, None
    outermost = stack.shown[-1]
    return outermost.shower.root, outermost.row, stack.shown[0].row


def _path(stack: Stack) -> str:
    fields = stack.fields
    if not stack.shown:
        return function_of(stack)
    first = fields[0] if fields else stack.shown[-1].shower
    names = [type(_one(first.root)).__name__, field_path(first), *(field.field_name for field in fields[1:])]
    return ".".join(filter(None, names))


def _one(serializer: Any) -> Any:
    return getattr(serializer, "child", serializer)


def place_of(stack: Stack) -> str:
    """Return ``file:line`` of the project's code nearest to the query, or of the field's declaration."""
    if stack.project:
        frame = stack.project[0]
        return f"{shorten(frame.f_code.co_filename)}:{frame.f_lineno}"
    fields = stack.fields
    return field_origin(fields[-1]).place if fields else ""


def function_of(stack: Stack) -> str:
    """Return the function of the project's code that is nearest to the query, with its class where Python tells it."""
    if not stack.project:
        return ""
    code = stack.project[0].f_code
    # Python 3.10 knows no qualified name.
    return str(getattr(code, "co_qualname", code.co_name))


def field_of(stack: Stack) -> str:
    """Return ``BookSerializer.author``: the field nearest to the query, as its own serializer calls it."""
    fields = stack.fields
    if not stack.shown:
        return function_of(stack)
    return field_origin(fields[-1]).name if fields else type(_one(stack.shown[-1].shower)).__name__
