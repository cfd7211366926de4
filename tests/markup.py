"""HTML read as strictly as it should have been written: what a browser would mend is an error here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = ("meta", "link", "br", "img", "input", "hr")

#: A browser ends a paragraph where one of these starts.
BLOCKS = ("p", "div", "ul", "ol", "li", "pre", "table", "section", "details", "h1", "h2", "h3")


#: What must come out as text, wherever it stands.
HOSTILE = [
    "</script><script>alert(1)</script>",
    "</style></code></pre></title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "&lt;b&gt; &amp; &quot; & <",
    "{{ view }}{% now %}{# #}",
    "<!-- --> ]]> -->",
    "`${alert(1)}` javascript:alert(1)",
]


@dataclass
class Element:
    """An element with what stands in it, in order."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """Yield the element and those in it, in document order."""
        yield self
        for each in self.inside:
            if isinstance(each, Element):
                yield from each.walk()

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        """Return the elements with one of these tags, or any, and with these attributes."""
        wanted = {(name.strip("_").replace("_", "-"), value) for name, value in attributes.items()}
        return [
            each for each in self.walk() if (not tags or each.tag in tags) and wanted <= set(each.attributes.items())
        ]

    def by_id(self, identity: str) -> Element:
        """Return the one element with this id."""
        (found,) = self.all(id=identity)
        return found

    @property
    def text(self) -> str:
        """What ``textContent`` is."""
        return "".join(each if isinstance(each, str) else each.text for each in self.inside)

    @property
    def words(self) -> str:
        """The text as it is read: white space is one space."""
        return " ".join(self.text.split())


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        assert len(element.attributes) == len(attrs), f"<{tag}> says an attribute twice"
        above = [each.tag for each in self.open]
        assert not (tag in BLOCKS and "p" in above), f"<{tag}> stands in a <p>"
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment is for nobody: {data}")


def parse(page: str) -> Element:
    """Return the document that a page is. Raises AssertionError where it is not well-formed."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    (document,) = parser.open
    return document


def nodes(page: Element) -> list[str]:
    """Return the first line of each node of a plan."""
    return [each.all("summary")[0].words for each in page.all("details", class_="node")]


def section(page: Element, identity: str) -> Element:
    """Return the section whose heading has this id."""
    (found,) = page.all("section", aria_labelledby=identity)
    return found
