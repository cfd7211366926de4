"""SQL as HTML: its words in spans, and a new line for each of its clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

#: What a database does not take for a name. A word that is missing here loses its colour and nothing else.
_KEYWORD = re.compile(
    r"""
      ALL | AND | ANY | AS | ASC | BETWEEN | BY | CASE | CAST | COLLATE | DESC | DISTINCT | ELSE | END | ESCAPE | EXISTS
    | FALSE | FETCH | FIRST | FOR | ILIKE | IN | IS | JOIN | LAST | LATERAL | LIKE | NOT | NULL | NULLS | OFFSET | ON
    | OR | OUTER | OVER | PARTITION | RANGE | RECURSIVE | REGEXP | ROWS? | SELECT | THEN | TRUE | UPDATE | USING
    | VALUES | WHEN | WINDOW | WITH
    """,
    re.VERBOSE | re.IGNORECASE,
)

#: Outside of brackets, each starts a line.
_CLAUSE = re.compile(
    "FROM|WHERE|GROUP|HAVING|ORDER|LIMIT|UNION|INTERSECT|EXCEPT|INNER|LEFT|RIGHT|FULL|CROSS", re.IGNORECASE
)

_TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?\*/ )
    | (?P<string>  '(?:[^']|'')*'? )
    | (?P<quoted>  "(?:[^"]|"")*"? | `(?:[^`]|``)*`? )
    | (?P<key>     %s | … )
    | (?P<number>  \b\d+(?:\.\d+)?\b )
    | (?P<word>    \w+ )
    | (?P<space>   \s+ )
    | (?P<sign>    . )
    """,
    re.VERBOSE | re.DOTALL,
)


def sql_as_html(sql: str) -> SafeString:
    """Return ``sql``, escaped, with spans for colours; as text it differs in white space alone."""
    pieces = (
        escape(text) if kind in ("space", "sign", "word") else format_html('<span class="{}">{}</span>', kind, text)
        for kind, text in _in_lines(sql)
    )
    return mark_safe("".join(pieces))


def _in_lines(sql: str) -> Iterator[tuple[str, str]]:
    """The tokens, with the space before a clause made the end of a line."""
    space, depth = "", 0
    for match in _TOKEN.finditer(sql):
        kind, text = str(match.lastgroup), match[0]
        if kind == "space":
            space = text
            continue
        clause = kind == "word" and bool(_CLAUSE.fullmatch(text))
        if space:
            yield "space", "\n" if clause and depth == 0 else space
        depth += (text == "(") - (text == ")")
        space = ""
        yield ("keyword" if clause or (kind == "word" and _KEYWORD.fullmatch(text)) else kind), text
    yield "space", space
