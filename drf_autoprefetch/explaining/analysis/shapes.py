"""SQL that was run, as it may be shown: without the keys that it was run for, and without what users wrote."""

from __future__ import annotations

import re

_PLACEHOLDERS = re.compile(r"%s(?:\s*,\s*%s)+")
_TUPLES = re.compile(r"\((?:…|%s)\)(?:\s*,\s*\((?:…|%s)\))+")
_TRANSACTION = re.compile(r"\s*(?:SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT)\b", re.IGNORECASE)

#: A text or a comment that does not end hides the rest. How many rows are asked for is no secret.
_LITERALS = r"""
    (?P<kept>  \b(?:LIMIT|OFFSET)\s+\d+\b | (?!E')\b[^\W\d][\w$]* | {names} )
  | --[^\n]* | /\*.*?(?:\*/|\Z) | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)
  | {texts} | \b\d[\w.]*
"""
_OPTIONS = re.VERBOSE | re.DOTALL | re.IGNORECASE
_STANDARD = re.compile(
    _LITERALS.format(names='"(?:[^"]|"")*"', texts=r"""\bE'(?:[^'\\]|\\.|'')*(?:'|\Z) | '(?:[^']|'')*(?:'|\Z)"""),
    _OPTIONS,
)
#: There a backslash escapes, and double quotes may stand around a text.
_MYSQL = re.compile(
    _LITERALS.format(names="`(?:[^`]|``)*`", texts=r"""(?P<q>['"])(?:\\.|(?P=q)(?P=q)|(?!(?P=q)).)*(?:(?P=q)|\Z)"""),
    _OPTIONS,
)


def shape(sql: str, vendor: str, *, literals: bool) -> str:
    """Return ``sql`` with ``…`` for lists of keys and, unless they may be shown, for texts and numbers in it."""
    if not literals:
        sql = without_literals(sql, vendor)
    return _TUPLES.sub("(…), …", _PLACEHOLDERS.sub("…", sql))


def without_literals(sql: str, vendor: str) -> str:
    """Return ``sql`` with ``…`` for texts, numbers and comments in it."""
    pattern = _MYSQL if vendor == "mysql" else _STANDARD
    return pattern.sub(lambda match: match["kept"] or "…", sql)


def is_transaction(sql: str) -> bool:
    """Return whether a statement begins or ends a block of a transaction, as our own block makes the view's do."""
    return _TRANSACTION.match(sql) is not None
