"""How the database says that it runs a query, and which tables it reads from end to end for that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.db import connections, transaction

from .statements import Query

#: By vendor: what comes before a query. None of these runs it.
_EXPLAIN = {
    "sqlite": "EXPLAIN QUERY PLAN ",
    "postgresql": "EXPLAIN (FORMAT JSON) ",
    "mysql": "EXPLAIN FORMAT=JSON ",
}

#: ``EXPLAIN`` would be said of the first of several statements, and the others would be run.
_ONE_SELECT = re.compile(r"[\s(]*SELECT\b[^;]*[;\s]*", re.IGNORECASE)
_SCAN = re.compile(r"SCAN (?:TABLE )?(?!SUBQUERY\b|CONSTANT\b)(\w+)")


def database_plan(query: Query) -> dict[str, Any] | None:
    """Return ``{"lines", "full_scans", "problem"}``; None where the database is not asked. Raises nothing.

    Values that the query compares with are not in it.
    """
    if query.vendor not in _EXPLAIN or query.failed or _ONE_SELECT.fullmatch(query.sql) is None:
        return None
    try:
        lines, scans = _READERS[query.vendor](_explained(query))
    except Exception as error:
        problem = f"the database does not explain this query: {type(error).__name__}"
        return {"lines": [], "full_scans": [], "problem": problem}
    return {"lines": lines, "full_scans": list(dict.fromkeys(scans)), "problem": ""}


def _explained(query: Query) -> list[Any]:
    with transaction.atomic(using=query.alias), connections[query.alias].cursor() as cursor:
        cursor.execute(_EXPLAIN[query.vendor] + query.sql, query.params)
        return list(cursor.fetchall())


def _sqlite(rows: list[Any]) -> tuple[list[str], list[str]]:
    lines = [str(row[3]) for row in rows]
    # "SCAN book USING INDEX …" reads an index instead; before 3.36 it was "SCAN TABLE book".
    scans = (_SCAN.match(line) for line in lines if " USING " not in line)
    return lines, [scan[1] for scan in scans if scan]


def _postgresql(rows: list[Any]) -> tuple[list[str], list[str]]:
    plan = rows[0][0]
    found = list(_steps((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], 0))
    lines = [f"{'  ' * depth}{_step(step)}" for depth, step in found]
    return lines, [step["Relation Name"] for _, step in found if step["Node Type"] == "Seq Scan"]


def _steps(step: dict[str, Any], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    yield depth, step
    for below in step.get("Plans", ()):
        yield from _steps(below, depth + 1)


def _step(step: dict[str, Any]) -> str:
    table, index = step.get("Relation Name"), step.get("Index Name")
    return str(step["Node Type"]) + (f" on {table}" if table else "") + (f" using {index}" if index else "")


def _mysql(rows: list[Any]) -> tuple[list[str], list[str]]:
    tables = list(_tables(json.loads(rows[0][0])))
    lines = [f"{each['access_type']} {each['table_name']}{_key(each)}" for each in tables]
    # The rows themselves are kept in the order of their primary key.
    whole = {("ALL", None), ("index", "PRIMARY")}
    return lines, [each["table_name"] for each in tables if (each["access_type"], each.get("key")) in whole]


def _key(table: dict[str, Any]) -> str:
    return f" using {table['key']}" if "key" in table else ""


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and {"table_name", "access_type"} <= value.keys():
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _tables(each)


_READERS = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}
