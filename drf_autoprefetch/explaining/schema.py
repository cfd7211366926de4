"""The JSON Schema of a report: what ``docs/explain.md`` says in words."""

from __future__ import annotations

from typing import Any

from ..notes import CATALOGUE, ORIGIN_KINDS, Severity
from ..planning.plans import Strategy
from .analysis.statements import ROLES
from .reports import VERSION

Schema = dict[str, Any]

#: The plan of a request; what its notes, nodes and origins are stands beside it, by name.
ROOT = "AutoPrefetchPlan"

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer", "minimum": 0}
_SIZE = {"type": "number", "minimum": 0}
_YES_OR_NO = {"type": "boolean"}


def definitions(prefix: str) -> dict[str, Schema]:
    """Return the schemas by name; ``prefix`` is where they will stand: ``#/$defs/`` or ``#/components/schemas/``."""

    def reference(name: str) -> Schema:
        return {"$ref": prefix + ROOT + name}

    return {
        ROOT: _report(reference),
        f"{ROOT}Note": _note(),
        f"{ROOT}Node": _node(reference),
        f"{ROOT}Origin": _object(by=_TEXT, kind={"enum": list(ORIGIN_KINDS)}, place=_TEXT),
        f"{ROOT}Sql": _object(text=_TEXT, parameters=_or_null(_list(_TEXT))),
        f"{ROOT}Analysis": _analysis(reference),
        f"{ROOT}Outcome": _object(**_outcome(reference)),
        f"{ROOT}Statement": _statement(reference),
        f"{ROOT}StatementTiming": _times("start", "end", "database"),
        f"{ROOT}RowsPerParent": _object(
            path=_TEXT, model=_or_null(_TEXT), parents=_NUMBER, rows=_NUMBER, median=_SIZE, largest=_NUMBER
        ),
        f"{ROOT}Unread": _object(rows=_NUMBER, of_each_list=_NUMBER, nodes=_list(reference("UnreadNode"))),
        f"{ROOT}UnreadNode": _object(
            path=_TEXT, model=_TEXT, rows=_NUMBER, columns=_list(_TEXT), relations=_list(_TEXT)
        ),
        f"{ROOT}DatabasePlan": _object(
            lines=_list(_TEXT),
            full_scans=_list(_TEXT),
            estimated_rows=_or_null(_NUMBER),
            bad_estimate=_YES_OR_NO,
            problem=_TEXT,
        ),
        f"{ROOT}RunTiming": _times("total", "database"),
        f"{ROOT}Timing": _object(cached=_YES_OR_NO, plan_milliseconds=_SIZE),
    }


def json_schema() -> Schema:
    """Return the schema as a document of its own (JSON Schema 2020-12)."""
    prefix = "#/$defs/"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": prefix + ROOT,
        "$defs": definitions(prefix),
    }


def _report(reference: Any) -> Schema:
    return _object(
        version={"type": "integer", "minimum": VERSION, "maximum": VERSION},
        view=_TEXT,
        action=_TEXT,
        serializer=_TEXT,
        headline=_TEXT,
        queries=_or_null(_NUMBER),
        notes=_list(reference("Note")),
        plan=_or_null(reference("Node")),
        analysis=_or_null(reference("Analysis")),
        timing=reference("Timing"),
    )


def _note() -> Schema:
    severities = {"enum": [severity.value for severity in Severity]}
    words = dict.fromkeys(("path", "about", "message", "remedy", "place"), _TEXT)
    return _object(id={"enum": sorted(CATALOGUE)}, severity=severities, **words)


def _node(reference: Any) -> Schema:
    return _object(
        path=_TEXT,
        model=_or_null(_TEXT),
        strategy={"enum": [strategy.value for strategy in Strategy]},
        why=_TEXT,
        origins=_list(reference("Origin")),
        columns=_or_null(_list(_TEXT)),
        dropped=_list(_TEXT),
        everything=_list(reference("Origin")),
        reads={"type": "object", "additionalProperties": _list(reference("Origin"))},
        annotations=_list(_TEXT),
        sql=_or_null(reference("Sql")),
        related=_list(reference("Node")),
    )


def _analysis(reference: Any) -> Schema:
    return _object(
        headline=_TEXT,
        **_outcome(reference),
        statements=_list(reference("Statement")),
        rows_per_parent=_list(reference("RowsPerParent")),
        unread=_or_null(reference("Unread")),
        without_plan=_or_null(reference("Outcome")),
        same_response=_or_null(_YES_OR_NO),
        not_compared=_TEXT,
    )


def _outcome(reference: Any) -> dict[str, Schema]:
    return {
        "cut": _YES_OR_NO,
        "status": _or_null(_NUMBER),
        "error": _TEXT,
        "queries": _NUMBER,
        "rows": _NUMBER,
        "bytes": _NUMBER,
        "response_bytes": _or_null(_NUMBER),
        "timing": reference("RunTiming"),
    }


def _statement(reference: Any) -> Schema:
    return _object(
        role={"enum": list(ROLES)},
        node=_or_null(_TEXT),
        model=_or_null(_TEXT),
        **dict.fromkeys(("field", "loads", "place", "remedy"), _TEXT),
        count=_NUMBER,
        rows=_or_null(_NUMBER),
        bytes=_NUMBER,
        failed=_YES_OR_NO,
        database=_TEXT,
        sql=reference("Sql"),
        database_plan=_or_null(reference("DatabasePlan")),
        timing=reference("StatementTiming"),
    )


def _times(*names: str) -> Schema:
    return _object(**{f"{name}_milliseconds": _SIZE for name in names})


def _object(**properties: Schema) -> Schema:
    """An object with these keys; a later version may have more."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
