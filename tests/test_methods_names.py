"""Each name that the reader knows of containers, managers and library functions has a line that needs it."""

from __future__ import annotations

import ast
import linecache
from collections import deque
from typing import Any

import pytest
from django.shortcuts import get_list_or_404, get_object_or_404
from django.urls import reverse
from django.utils.encoding import force_str, smart_str
from django.utils.html import escape
from django.utils.text import slugify
from rest_framework.generics import get_object_or_404 as rest_get_object_or_404
from rest_framework.reverse import reverse as rest_reverse

from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.methods import Subject, read_body
from tests.bodies.cases import notes
from tests.bodies.loading import paths
from tests.bodies.models import Product

KNOWN = (get_list_or_404, get_object_or_404, reverse, force_str, smart_str, escape, slugify, deque)

#: Lines of a function that is given a product, or with ``rows`` in it all products, and what they read.
NAMES: dict[str, tuple[str, str]] = {
    "containers._ADD append": ("found = []; found.append(obj.supplier); return found[0].email", "supplier.email"),
    "containers._ADD add": ("found = set(); found.add(obj.category); return len(found)", "category.id"),
    "containers._ADD appendleft": (
        "found = deque(); found.appendleft(obj.supplier); return found[0].email",
        "supplier.email",
    ),
    "containers._EXTEND extend": (
        "found = []; found.extend(obj.tags.all()); return [tag.name for tag in found]",
        "tags.name",
    ),
    "containers._EXTEND extendleft": (
        "found = deque(); found.extendleft(obj.tags.all()); return [tag.name for tag in found]",
        "tags.name",
    ),
    "containers._EXTEND update": (
        "found = set(); found.update(obj.tags.all()); return [tag.name for tag in found]",
        "tags.id tags.name",
    ),
    "containers._EXTEND union": (
        "return [tag.name for tag in set().union(obj.tags.all())]",
        "tags.id tags.name",
    ),
    "containers._EXTEND symmetric_difference": (
        "return [tag.name for tag in set().symmetric_difference(obj.tags.all())]",
        "tags.id tags.name",
    ),
    "containers._EXTEND intersection_update": (
        "found = set(obj.tags.all()); found.intersection_update([obj.supplier]); return [str(e.pk) for e in found]",
        "tags.id supplier.id",
    ),
    "containers._SAME copy": ("return [obj.supplier].copy()[0].email", "supplier.email"),
    "containers._SAME union": ("return [tag.name for tag in set(obj.tags.all()).union([])]", "tags.id tags.name"),
    "containers._SAME intersection": (
        "return [tag.name for tag in set(obj.tags.all()).intersection([])]",
        "tags.id tags.name",
    ),
    "containers._SAME difference": (
        "return [tag.name for tag in set(obj.tags.all()).difference([])]",
        "tags.id tags.name",
    ),
    "containers._SAME symmetric_difference": (
        "return [tag.name for tag in set(obj.tags.all()).symmetric_difference([])]",
        "tags.id tags.name",
    ),
    "containers._SAME __iter__": ("return [one.email for one in [obj.supplier].__iter__()]", "supplier.email"),
    "containers._READ pop": ("return [obj.supplier].pop().email", "supplier.email"),
    "containers._READ popleft": ("return deque([obj.supplier]).popleft().email", "supplier.email"),
    "containers._READ get": ("return {1: obj.supplier}.get(1).email", "supplier.email"),
    "containers._READ setdefault": ("return {}.setdefault(1, obj.supplier).email", "supplier.email"),
    "containers._READ __next__": ("return iter([obj.supplier]).__next__().email", "supplier.email"),
    "containers._READ __getitem__": ("return [obj.supplier].__getitem__(0).email", "supplier.email"),
    "containers._READ popitem": ("return {1: obj.supplier}.popitem()[1].email", "supplier.email"),
    "containers._QUIET clear": ("[obj.supplier].clear()", "supplier"),
    "containers._QUIET index": ("return [obj.supplier].index(obj.category)", "supplier.id category.id"),
    "containers._QUIET count": ("return [obj.supplier].count(obj.category)", "supplier.id category.id"),
    "containers._QUIET remove": ("[obj.supplier].remove(obj.category)", "supplier.id category.id"),
    "containers._QUIET discard": ("{obj.supplier}.discard(obj.category)", "supplier.id category.id"),
    "containers._QUIET isdisjoint": ("return {obj.supplier}.isdisjoint([obj.category])", "supplier.id category.id"),
    "containers._QUIET issubset": ("return {obj.supplier}.issubset([obj.category])", "supplier.id category.id"),
    "containers._QUIET issuperset": ("return {obj.supplier}.issuperset([obj.category])", "supplier.id category.id"),
    "containers._QUIET reverse": ("[obj.supplier].reverse()", "supplier"),
    "containers._QUIET rotate": ("deque([obj.supplier]).rotate(1)", "supplier"),
    "containers._QUIET difference_update": (
        "{obj.supplier}.difference_update([obj.category])",
        "supplier.id category.id",
    ),
    "containers._QUIET move_to_end": ("{1: obj.supplier}.move_to_end(1)", "supplier"),
    "containers._QUIET total": ("return {1: obj.supplier}.total()", "supplier"),
    "containers._QUIET close": ("(one for one in [obj.supplier]).close()", "supplier"),
    "containers._QUIET __len__": ("return [obj.supplier].__len__()", "supplier"),
    "containers._QUIET __contains__": ("return [obj.supplier].__contains__(1)", "supplier"),
    **{
        f"managers._ONE {name}": (f"return rows.{name}().name", "name")
        for name in ("get", "first", "last", "latest", "earliest", "create")
    },
    **{
        f"managers._NO_ROWS {name}": (f"return rows.{name}()", "")
        for name in (
            *("values", "values_list", "aggregate", "count", "exists", "contains", "dates", "datetimes", "explain"),
            *("delete", "update", "none", "add", "remove", "clear", "set", "bulk_create"),
        )
    },
    **{
        f"managers._FACTS {name}": (f"return rows.{name}", "")
        for name in (
            *("ordered", "query", "db", "core_filters", "source_field_name", "target_field_name", "through", "name"),
        )
    },
    **{
        f"knowledge._SHOWS {function.__module__}.{function.__name__}": (
            f"return {name}({arguments})",
            "category.name",
        )
        for name, function, arguments in (
            ("escape", escape, "obj.category"),
            ("force_str", force_str, "obj.category"),
            ("smart_str", smart_str, "obj.category"),
            ("slugify", slugify, "obj.category"),
            ("reverse", reverse, "'x', args=[obj.category]"),
            ("rest_reverse", rest_reverse, "'x', args=[obj.category]"),
        )
    },
    "knowledge._QUERIES django.shortcuts.get_object_or_404": ("return get_object_or_404(rows, pk=1).name", "name"),
    "knowledge._QUERIES rest_framework.generics.get_object_or_404": (
        "return rest_get_object_or_404(rows, pk=1).name",
        "name",
    ),
    "knowledge._QUERIES django.shortcuts.get_list_or_404": (
        "return [row.name for row in get_list_or_404(rows, pk=1)]",
        "name",
    ),
}


if hasattr(ast, "TryStar"):  # Python 3.11
    lines = "try: shown = obj.supplier.email;except* ValueError: shown = obj.name;return shown"
    NAMES["STATEMENTS TryStar"] = lines, "name supplier.email"


def outcome(lines: str) -> tuple[frozenset[str], list[str]]:
    """Return what the lines read, and what is noted."""
    many = "rows" in lines
    text = "\n".join(
        [f"def body({'rows' if many else 'obj'}):", *(f"    {line.strip()}" for line in lines.split(";")), ""]
    )
    file = f"<names {lines}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {**{each.__name__: each for each in KNOWN}, "rest_reverse": rest_reverse}
    namespace |= {"rest_get_object_or_404": rest_get_object_or_404, "__name__": __name__}
    exec(compile(text, file, "exec"), namespace)
    found = read_body(namespace["body"], Subject(Product, Origin("", ""), ""), many=many)
    return paths(found), [note.message for note in notes(found)]


@pytest.mark.parametrize(("lines", "expected"), NAMES.values(), ids=list(NAMES))
def test_a_name_is_known(lines, expected):
    assert outcome(lines) == (frozenset(expected.split()), [])
