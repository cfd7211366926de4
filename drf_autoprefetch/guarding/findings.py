"""``Finding``: what should be mended, told once, wherever it is reported: in a log, a test, a page, an audit."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..notes import Severity


class Kind(str, enum.Enum):
    """What was loaded again and again, or what an audit, which runs nothing, finds fault with."""

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
    #: How a view is planned: what a plan notes, or that there is none.
    PLAN = "plan"
    HINT = "hint"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Finding:
    """Queries of one kind that one serializer field caused: where, how often, and what to write.

    ``path`` leads to the field from the serializer that was shown (``OrderSerializer.lines.book``), ``field`` is the
    same field as its own serializer calls it (``LineSerializer.book``). ``relation`` is what was loaded, a relation, a
    column or a model (``Line.book``). ``place`` is the ``file:line`` of the project's own code that is nearest to the
    query, ``function`` the function around it, if there is one. ``parameters`` is the number of different parameters
    among ``count`` queries. ``healed`` is the number of rows for which it was loaded together with another's: what
    they would have taken a query of their own for.

    What an audit finds without a query has a ``message`` instead of those. ``field`` is then what it is about, which
    may be a view or a setting as well, and ``path`` leads there in the response. ``id`` names the rule of the audit,
    and ``views`` all the actions that it was found in.
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
    healed: int = 0
    id: str = ""
    severity: Severity = Severity.WARNING
    message: str = ""
    views: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.message:
            return f"{self.text} [{self.place}]" if self.place else self.text
        counted = f"×{self.count} {self.path}" if self.count else self.path
        healed = f"{self.healed} healed" if self.healed else ""
        return " | ".join(filter(None, (counted, self.relation, self.kind.value, healed, self.place, self.remedy)))

    @property
    def text(self) -> str:
        """What an audit says: what it is about, what was found, and what to write."""
        return f"{self.about}: {self.message} {self.remedy}".rstrip()

    @property
    def about(self) -> str:
        """The field, view or setting, and the way there in the response."""
        return f"{self.field} ({self.path})" if self.path and self.path != self.field else self.field
