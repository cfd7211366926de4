"""``Finding``: queries that no plan foresaw, told once for all rows, wherever they are reported."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(str, enum.Enum):
    """What was loaded again and again."""

    TO_ONE = "to-one"
    TO_MANY = "to-many"
    COLUMN = "deferred column"
    GENERIC = "generic foreign key"
    #: A related manager that is filtered, ordered or cut per row: no prefetch can serve it.
    FILTERED = "filtered to-many"
    AGGREGATE = "aggregate per row"
    QUERY = "query per row"
    RAW = "raw SQL"
    #: The same query with the same parameters, whatever the row.
    REPEATED = "repeated query"
    #: An entry of the allow list whose date has passed, or that matched nothing.
    EXPIRED = "expired allowance"
    STALE = "stale allowance"


@dataclass(frozen=True, slots=True)
class Finding:
    """Queries of one kind that one serializer field caused: where, how often, and what to write.

    ``path`` leads to the field from the serializer that was shown (``OrderSerializer.lines.book``), ``field`` is the
    same field as its own serializer calls it (``LineSerializer.book``). ``relation`` is what was loaded, a relation, a
    column or a model (``Line.book``). ``place`` is the ``file:line`` of the project's own code that is nearest to the
    query, ``function`` the function around it, if there is one. ``parameters`` is the number of different parameters
    among ``count`` queries.
    """

    path: str
    relation: str
    kind: Kind
    place: str = ""
    count: int = 0
    parameters: int = 0
    remedy: str = ""
    field: str = ""
    view: str = ""
    action: str = ""
    function: str = ""

    def __str__(self) -> str:
        counted = f"×{self.count} {self.path}" if self.count else self.path
        return " | ".join(filter(None, (counted, self.relation, self.kind.value, self.place, self.remedy)))
