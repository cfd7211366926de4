"""How the database says that it runs a query: which tables it reads from end to end, and how many rows it expects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
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


#: MySQL estimates the rows that it joins; where any of these stands, those are not the rows that it answers with.
_NOT_ALL_ROWS = re.compile(
    r"\b(?:LIMIT|GROUP|HAVING|DISTINCT|UNION)\b|\b(?:COUNT|SUM|AVG|MIN|MAX)\(|\bSELECT\b.*\bSELECT\b",
    re.IGNORECASE | re.DOTALL,
)

#: An estimate that is wrong by this factor, and by so many rows, makes the database choose other ways than it should.
_FACTOR, _ROWS = 10, 100


@dataclass(frozen=True, slots=True)
class Reading:
    """What a database says of a query; ``rows`` is how many it expects, None where it does not say."""

    lines: list[str]
    full_scans: list[str]
    rows: int | None = None
    problem: str = ""


def database_plan(query: Query) -> dict[str, Any] | None:
    """Return what the database says of a query that was run; None where it is not asked. Raises nothing.

    Values that the query compares with are not in it.
    """
    if query.vendor not in _EXPLAIN or query.failed or _ONE_SELECT.fullmatch(query.sql) is None:
        return None
    try:
        found = _READERS[query.vendor](_explained(query))
    except Exception as error:
        found = Reading([], [], problem=f"the database does not explain this query: {type(error).__name__}")
    estimated = None if query.vendor == "mysql" and _NOT_ALL_ROWS.search(query.sql) else found.rows
    return {
        "lines": found.lines,
        "full_scans": list(dict.fromkeys(found.full_scans)),
        "estimated_rows": estimated,
        "bad_estimate": _is_bad(estimated, query.rows),
        "problem": found.problem,
    }


def _is_bad(estimated: int | None, found: int | None) -> bool:
    if estimated is None or found is None:
        return False
    few, many = sorted((estimated, found))
    return many >= _FACTOR * max(few, 1) and many - few >= _ROWS


def _explained(query: Query) -> list[Any]:
    with transaction.atomic(using=query.alias), connections[query.alias].cursor() as cursor:
        cursor.execute(_EXPLAIN[query.vendor] + query.sql, query.params)
        return list(cursor.fetchall())


def _sqlite(rows: list[Any]) -> Reading:
    lines = [str(row[3]) for row in rows]
    # "SCAN book USING INDEX …" reads an index instead; before 3.36 it was "SCAN TABLE book".
    scans = (_SCAN.match(line) for line in lines if " USING " not in line)
    return Reading(lines, [scan[1] for scan in scans if scan])


def _postgresql(rows: list[Any]) -> Reading:
    plan = rows[0][0]
    found = list(_steps((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"], 0))
    lines = [f"{'  ' * depth}{_step(step)}" for depth, step in found]
    scans = [step["Relation Name"] for _, step in found if step["Node Type"] == "Seq Scan"]
    return Reading(lines, scans, found[0][1].get("Plan Rows"))


def _steps(step: dict[str, Any], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    yield depth, step
    for below in step.get("Plans", ()):
        yield from _steps(below, depth + 1)


def _step(step: dict[str, Any]) -> str:
    table, index = step.get("Relation Name"), step.get("Index Name")
    where = (f" on {table}" if table else "") + (f" using {index}" if index else "")
    return f"{step['Node Type']}{where}{_expected(step.get('Plan Rows'))}"


def _expected(rows: int | None) -> str:
    return "" if rows is None else f", {rows} {'row' if rows == 1 else 'rows'} expected"


def _mysql(rows: list[Any]) -> Reading:
    tables = list(_tables(json.loads(rows[0][0])))
    lines = [f"{each['access_type']} {each['table_name']}{_key(each)}{_expected(_examined(each))}" for each in tables]
    # The rows themselves are kept in the order of their primary key.
    whole = {("ALL", None), ("index", "PRIMARY")}
    scans = [each["table_name"] for each in tables if (each["access_type"], each.get("key")) in whole]
    return Reading(lines, scans, _joined(tables))


def _examined(table: dict[str, Any]) -> int | None:
    """MariaDB and MySQL, each by its own name: for one row of the table before it."""
    found: int | None = table.get("rows", table.get("rows_examined_per_scan"))
    return found


def _joined(tables: list[dict[str, Any]]) -> int | None:
    examined = [_examined(table) for table in tables]
    if not tables or None in examined:
        return None
    filtered = (float(table.get("filtered", 100)) / 100 for table in tables)
    return round(prod((rows or 0) * part for rows, part in zip(examined, filtered, strict=True)))


def _key(table: dict[str, Any]) -> str:
    return f" using {table['key']}" if "key" in table else ""


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and {"table_name", "access_type"} <= value.keys():
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _tables(each)


_READERS = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql}
