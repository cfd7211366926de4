"""``Recorder``: watches the first rows of each list that a view has loaded, and keeps what is read of them by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from types import FrameType
from typing import Any

from django.db.models import Model

from ...loading.promised import is_promised
from ...loading.watching import listening
from ...reading.columns import columns_by_name, ordered_columns, primary_key
from ...reading.relations import relations
from ..watching import complain
from .lists import unwatch, watch_list, watch_rows
from .places import LEAVING, is_django, is_machinery, places
from .rows import own_class, told, untold
from .seen import CodeReads, Field, Function, NodeReads, Seen, is_missing, values_of, way_to

#: Of each list, the rows that are watched; of one response, at most so many, and no further away than that.
FIRST, MOST, DEEPEST = 2, 300, 8


class Recorder:
    """Is told of the rows that are loaded in its block. It runs no query, and nothing is raised from here."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[str, type[Model]], NodeReads] = {}
        self.functions: dict[tuple[Function, type[Model]], CodeReads] = {}
        self.fields: dict[Field, CodeReads] = {}
        self.rows = 0
        self.seconds = 0.0
        self._seen: dict[int, Seen] = {}
        self._lists: list[Any] = []
        self.failed = False
        self._open = True

    @contextmanager
    def watching(self) -> Iterator[Recorder]:
        """Watch the rows that views load in this block; afterwards all are as they were."""
        token = listening.set(self.loaded)
        try:
            yield self
        finally:
            listening.reset(token)
            self.let_go()

    def loaded(self, rows: Sequence[Model]) -> None:
        """Watch the first of ``rows``, which a view has loaded by plan."""
        try:
            for row in rows[:FIRST]:
                self._watch(row, None, "", many=len(rows) > 1)
        except Exception:
            self._fail()

    def let_go(self) -> None:
        """Watch no longer."""
        self._open = False
        for seen in list(self._seen.values()):
            untold(seen.row)
        for watched in self._lists:
            unwatch(watched)
        self._seen, self._lists = {}, []

    def _fail(self) -> None:
        self._open, self.failed = False, True
        complain("Reads are watched no further")

    # ---- What rows and lists tell

    def reads(self, row: Model, name: str, frame: FrameType) -> bool:
        """Take in that code in ``frame`` asks ``row`` for ``name``; return whether what it gets matters."""
        if not self._open or (name[:1] == "_" and name != "__dict__" and name not in LEAVING):
            return False
        started = perf_counter()
        try:
            seen = self._seen.get(id(row))
            return seen is not None and self._reads(seen, name, frame)
        except Exception:
            self._fail()
            return False
        finally:
            self.seconds += perf_counter() - started

    def has_read(self, row: Model, name: str, value: Any, frame: FrameType) -> None:
        """Watch the rows that ``row`` has under ``name``."""
        try:
            seen = self._seen.get(id(row))
            if seen is not None:
                self._follow(seen, name, value, frame)
        except Exception:
            self._fail()

    def _reads(self, seen: Seen, name: str, frame: FrameType) -> bool:
        relation = relations(seen.model).get(name)
        if relation is not None:
            if is_machinery(frame.f_code.co_filename):
                return False
            if not relation.to_many:
                self._note(seen, name, is_missing(seen.row, relation), frame)
            return True
        column = columns_by_name(seen.model).get(name)
        if column is not None:
            # Every row has its key, and Django asks for it all the time.
            if column.attname not in primary_key(seen.model) and not is_machinery(frame.f_code.co_filename):
                self._note(seen, column.attname, column.attname not in values_of(seen.row), frame)
            return False
        if name in LEAVING or (name == "__dict__" and not is_django(frame.f_code.co_filename)):
            seen.read_whole()
            return False
        return name in values_of(seen.row) and not seen.declares(name)

    def _follow(self, seen: Seen, name: str, value: Any, frame: FrameType) -> None:
        relation = relations(seen.model).get(name)
        if relation is None:
            # What a Prefetch has put there by its to_attr.
            rows = value if type(value) is list else [value]
            if any(issubclass(type(row), Model) for row in rows):
                self._note(seen, name, False, frame)
                self._first(rows, seen, name)
        elif relation.to_many:
            self._lists += [value] if watch_list(value, partial(self._handed_out, seen, name)) else []
        elif issubclass(type(value), Model):
            self._watch(value, seen, name, many=seen.many)

    def _handed_out(self, seen: Seen, name: str, queryset: Any, frame: FrameType) -> None:
        try:
            if not self._open:
                return
            if queryset is None:
                self._note(seen, name, is_missing(seen.row, relations(seen.model)[name]), frame)
            elif watch_rows(queryset, partial(self._looked_at, seen, name)):
                self._lists.append(queryset)
        except Exception:
            self._fail()

    def _looked_at(self, seen: Seen, name: str, queryset: Any, rows: Any, frame: FrameType) -> None:
        try:
            if self._open:
                self._note(seen, name, rows is None and not is_promised(queryset), frame)
                self._first(rows or (), seen, name)
        except Exception:
            self._fail()

    # ---- What is kept

    def _first(self, rows: Sequence[Any], seen: Seen, name: str) -> None:
        for row in rows[:FIRST]:
            if issubclass(type(row), Model):
                self._watch(row, seen, name, many=len(rows) > 1 or seen.many)

    def _watch(self, row: Model, parent: Seen | None, name: str, *, many: bool) -> None:
        known = self._seen.get(id(row))
        if known is None:
            if len(self._seen) >= MOST or not told(row, self):
                return
            known = self._seen[id(row)] = Seen(row, own_class(row), many)
            self.rows += 1
        if parent is None:
            self._stands(known, "")
        elif (parent, name) not in known.ways:
            # A way back to where one comes from is no other place of the plan.
            back = way_to(parent, known) is not None
            known.ways.append((parent, name))
            for node in () if back else parent.nodes:
                self._stands(known, f"{node.path}.{name}".lstrip("."))

    def _stands(self, seen: Seen, path: str) -> None:
        if path.count(".") >= DEEPEST:
            return
        node = self.nodes.setdefault((path, seen.model), NodeReads(path, seen.model))
        if node not in seen.nodes:
            seen.nodes.append(node)
            node.rows += 1
            node.loaded |= values_of(seen.row).keys() & set(ordered_columns(seen.model))

    def _note(self, seen: Seen, name: str, missing: bool, frame: FrameType) -> None:
        for node in seen.nodes:
            node.read.add(name)
        missing, entry = missing and seen.many, None
        for place in places(frame):
            start = self._seen.get(id(place.row))
            way = None if start is None else way_to(seen, start)
            found = None if start is None or way is None else self._reads_of(place.function, place.field, start)
            if found is not None and start is not None and way is not None:
                found.add(start, (*way, name), missing)
            if place.field is not None:
                if entry is not None:
                    entry.fields.add(place.field)
                # What is missing is the nearest field's matter, not that of those around.
                missing = False
            entry = found if place.function is not None else None

    def _reads_of(self, function: Function | None, field: Any, start: Seen) -> CodeReads:
        if function is None:
            return self.fields.setdefault(field, CodeReads(start.model))
        return self.functions.setdefault((function, start.model), CodeReads(start.model))
