"""A grammar of method bodies: random, but of the kind that people write, and mostly without errors."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: SIM102

from __future__ import annotations

import linecache
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, reduce
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

from .models import Category, Comment, Document, Order, OrderLine, Person, Product, Profile, Review, Tag, Team, Ticket

#: For each model: columns, to-one relations, to-many relations, properties and methods that give plain values.
GRAPH: dict[type, tuple[list[str], dict[str, type], dict[str, type], list[str]]] = {
    Person: (
        ["first_name", "email", "is_active", "manager_id"],
        {"manager": Person, "profile": Profile},
        {"reviews": Review, "staff": Person, "teams": Team, "comments": Comment, "orders": Order},
        ["full_name", "initials"],
    ),
    Profile: (["language", "settings"], {"person": Person}, {}, []),
    Tag: (["name", "color"], {}, {"products": Product, "tickets": Ticket}, []),
    Category: (["name", "slug"], {"parent": Category}, {"children": Category, "products": Product}, []),
    Product: (
        ["name", "price", "stock", "supplier_id"],
        {"category": Category, "supplier": Person},
        {"reviews": Review, "tags": Tag, "lines": OrderLine},
        ["margin", "in_stock", "average_rating", "get_status_display()", "is_low()"],
    ),
    Review: (["rating", "title", "author_id"], {"product": Product, "author": Person}, {}, []),
    Order: (["number", "status", "paid"], {"customer": Person}, {"lines": OrderLine}, ["total", "is_paid"]),
    OrderLine: (["quantity", "price"], {"order": Order, "product": Product}, {}, ["subtotal"]),
    Team: (["name", "lead_id"], {"lead": Person}, {"members": Person, "tickets": Ticket}, []),
    Ticket: (
        ["title", "state", "priority", "closed"],
        {"reporter": Person, "assignee": Person, "team": Team},
        {"comments": Comment, "labels": Tag, "watchers": Person},
        ["is_open", "get_priority_display()"],
    ),
    Comment: (["text", "internal", "author_id"], {"ticket": Ticket, "author": Person}, {"replies": Comment}, []),
    Document: (["title", "secret"], {"owner": Person, "team": Team}, {"readers": Person}, []),
}


class Holder:
    """Keeps rows, as services and presenters do."""

    def __init__(self, row: Any = None) -> None:
        self.row = row
        self.rows: list[Any] = []

    def keep(self, row: Any) -> Holder:
        self.rows.append(row)
        return self

    @property
    def last(self) -> Any:
        return self.rows[-1] if self.rows else self.row


def same(row: Any) -> Any:
    """A helper in another module."""
    return row


def pick(rows: Any, key: Any = None) -> Any:
    """A helper that chooses."""
    found = None
    for row in rows:
        if key is None or found is None or key(row):
            found = row
    return found


def each(rows: Any) -> Any:
    """A generator helper."""
    for row in rows:
        if row is not None:
            yield row


NAMES = {"Holder": Holder, "same": same, "pick": pick, "each": each, "attrgetter": attrgetter, "chain": chain,
         "groupby": groupby, "partial": partial, "reduce": reduce}  # fmt: skip


@dataclass
class Writer:
    """Writes one body. ``rows`` and ``lists`` are the names in scope with the model they are (probably) of."""

    rng: random.Random
    rows: dict[str, type] = field(default_factory=dict)
    lists: dict[str, type] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    indent: int = 1
    count: int = 0

    def one(self, *ways: Callable[[], str]) -> str:
        """Write it in one of several ways."""
        return self.rng.choice(ways)()

    def name(self, stem: str) -> str:
        """A new name, or now and then one that is taken."""
        self.count += 1
        taken = [*self.rows, *self.lists]
        if taken and self.rng.random() < 0.15:
            return self.rng.choice(taken)
        return f"{stem}{self.count}"

    def add(self, line: str) -> None:
        """Write a line."""
        self.lines.append("    " * self.indent + line)

    def row(self, depth: int = 2) -> tuple[str, type]:
        """An expression that is a row, or None."""
        name, model = self.rng.choice(list(self.rows.items()))
        if depth <= 0 or self.rng.random() < 0.3:
            return name, model
        text, model = self.row(depth - 1)
        _, ones, many, _ = GRAPH[model]
        ways: list[Callable[[], tuple[str, type]]] = [
            lambda: (f"same({text})", model),
            lambda: (f"({text} or {name})", model),
            lambda: (f"({text}, {name})[0]", model),
            lambda: (f"[{text}][0]", model),
            lambda: (f"(lambda it: it)({text})", model),
            lambda: (f"Holder({text}).row", model),
            lambda: (f"Holder().keep({text}).last", model),
            lambda: (f"({text} if {self.value(0)} else {name})", model),
        ]
        if ones:
            step, target = self.rng.choice(list(ones.items()))
            ways += 4 * [lambda: (f"getattr({text}, {step!r}, None)", target), lambda: (f"{text}.{step}", target)]
        if many:
            ways += 4 * [lambda: self.chosen(depth - 1)]
        return self.rng.choice(ways)()

    def chosen(self, depth: int) -> tuple[str, type]:
        """One row of several."""
        text, model = self.several(depth)
        column = self.rng.choice(GRAPH[model][0])
        ways = [
            f"next(iter({text}), None)",
            f"pick({text})",
            f"pick({text}, lambda it: it.{column})",
            f"max({text}, key=lambda it: str(it.{column}), default=None)",
            f"reduce(lambda a, b: a if a.{column} else b, {text})",
            f"sorted({text}, key=attrgetter('pk'))[0]",
            f"list({text})[-1]",
        ]
        return self.rng.choice(ways), model

    def several(self, depth: int = 2) -> tuple[str, type]:
        """An expression that gives rows."""
        if depth <= 0 or self.rng.random() < 0.25:
            if self.lists:
                return self.rng.choice(list(self.lists.items()))
        text, model = self.row(depth - 1)
        many = GRAPH[model][2]
        if not many:
            return f"[{text}]", model
        name, target = self.rng.choice(list(many.items()))
        found = f"{text}.{name}.all()"
        column = self.rng.choice(GRAPH[target][0])
        ways = [found] * 4 + [
            f"list({found})", f"each({found})", f"[it for it in {found} if it.{column}]", f"{found}[:2]",
            f"filter(lambda it: it.{column}, {found})", f"sorted({found}, key=lambda it: str(it.{column}))",
            f"chain({found}, [])", f"[*{found}]", f"{{it.pk: it for it in {found}}}.values()", f"map(same, {found})",
        ]  # fmt: skip
        return self.rng.choice(ways), target

    def value(self, depth: int = 2) -> str:
        """An expression that is no row."""
        text, model = self.row(depth)
        columns, _, _, more = GRAPH[model]
        column = self.rng.choice(columns)
        return self.one(
            lambda: f"{text}.{column}",
            lambda: f"{text}.{self.rng.choice([*columns, *more, 'pk'])}",
            lambda: f"getattr({text}, {column!r}, None)",
            lambda: f"str({text})",
            lambda: f'f"{{{text}}} {{{text}.{column}}}"' if '"' not in text else "1",
            lambda: f"attrgetter({column!r})({text})",
            lambda: f"{text} == {self.row(depth - 1)[0]}",
            lambda: f"partial(getattr, {text})({column!r})",
            lambda: self.gathered(depth),
            lambda: self.gathered(depth),
        )

    def gathered(self, depth: int) -> str:
        """A plain value made of rows."""
        text, model = self.several(depth - 1)
        column = self.rng.choice(GRAPH[model][0])
        return self.one(
            lambda: f"len(list({text}))",
            lambda: f"[it.{column} for it in {text}]",
            lambda: f"sum(1 for it in {text} if it.{column})",
            lambda: f"sorted(str(it.{column}) for it in {text})",
            lambda: f"any(it.{column} for it in {text})",
            lambda: f"{self.row(0)[0]} in {text}",
            lambda: f"{{str(it.{column}): str(it) for it in {text}}}",
            lambda: f"[(k, len(list(g))) for k, g in groupby({text}, lambda it: it.{column})]",
        )

    def block(self, depth: int, statements: int) -> None:
        """An indented block."""
        self.indent += 1
        for _ in range(statements):
            self.statement(depth - 1)
        self.indent -= 1

    def statement(self, depth: int = 2) -> None:
        """One statement of any kind."""
        simple = [self.assign, self.assign, self.assign_list, self.show, self.collect, self.table]
        simple += [self.late, self.swap, self.unpack, self.alias, self.grouped]
        deep = [
            self.branch,
            self.loop,
            self.attempt,
            self.function,
            self.generator,
            self.walk,
            self.closure,
            self.match,
        ]
        self.rng.choice(simple + deep if depth > 0 else simple)(depth)

    def assign(self, depth: int) -> None:
        text, model = self.row()
        name = self.name("row")
        self.add(f"{name} = {text}")
        self.lists.pop(name, None)
        self.rows[name] = model

    def assign_list(self, depth: int) -> None:
        text, model = self.several()
        name = self.name("rows")
        self.add(f"{name} = list({text})")
        if len(self.rows) > 1:
            self.rows.pop(name, None)
        if name not in self.rows:
            self.lists[name] = model

    def show(self, depth: int) -> None:
        self.add(f"shown.append({self.value()})")

    def collect(self, depth: int) -> None:
        text, model = self.row()
        if self.lists:
            name = self.rng.choice(list(self.lists))
            self.add(f"{name}.append({text})")
        else:
            self.add(f"kept = [{text}]")
            self.lists["kept"] = model

    def table(self, depth: int) -> None:
        text, model = self.row()
        name = self.name("found")
        self.add(f"table[{self.rng.choice(['1', repr('a'), 'obj.pk'])}] = {text}")
        self.add(f"{name} = table.get({self.rng.choice(['1', repr('a'), 'obj.pk'])})")
        self.lists.pop(name, None)
        self.rows[name] = model

    def branch(self, depth: int) -> None:
        self.add(f"if {self.value(1)}:")
        self.block(depth, 2)
        self.add("else:")
        self.block(depth, 1)

    def loop(self, depth: int) -> None:
        text, model = self.several()
        name = self.name("each")
        self.add(f"for {name} in list({text})[:3]:")
        self.lists.pop(name, None)
        self.rows[name] = model
        self.block(depth, 2)
        if self.rng.random() < 0.3:
            self.add(f"    if {self.value(0)}:")
            self.add(f"        {self.rng.choice(['break', 'continue'])}")

    def attempt(self, depth: int) -> None:
        self.add("try:")
        self.block(depth, 2)
        self.add("except Exception:")
        self.block(depth, 1)

    def function(self, depth: int) -> None:
        self.count += 1
        name, kept = f"inner{self.count}", dict(self.rows)
        model = self.rng.choice(list(self.rows.values()))
        self.add(f"def {name}(arg):")
        self.rows["arg"] = model
        self.add(f"    return {self.value()}")
        self.rows = kept
        if self.rng.random() < 0.5:
            self.assign(depth)
        self.add(f"shown.append({name}({self.row(1)[0]}))")

    def late(self, depth: int) -> None:
        """Iterators that are asked after names and lists have changed."""
        text, model = self.row(1)
        column = self.rng.choice(GRAPH[model][0])
        first = self.rng.choice(list(self.rows))
        self.add(f"waiting = [{self.row(0)[0]}]")
        ways = [f"(it.{column} for it in waiting)", f"map(lambda it: it.{column}, waiting)",
                f"map(lambda _: {first}.{column}, waiting)", f"(same({first}).{column} for _ in waiting)",
                f"(pick(each(waiting)).{column} for _ in '12')", f"filter(lambda it: it.{column}, waiting)"]  # fmt: skip  # noqa: E501
        self.add(f"later = {self.rng.choice(ways)}")
        self.add(f"waiting.append({text})")
        self.add(f"{first} = {self.row(1)[0]}")
        self.rows.update(dict.fromkeys((first,), model))
        self.add("shown.extend(it if isinstance(it, (str, int)) else 0 for it in later)")

    def swap(self, depth: int) -> None:
        one, other = self.rng.choice(list(self.rows)), self.rng.choice(list(self.rows))
        self.add(f"{one}, {other} = {other}, {one}")
        self.rows[one], self.rows[other] = self.rows[other], self.rows[one]

    def unpack(self, depth: int) -> None:
        text, model = self.several()
        self.add(f"first, *others = {text}")
        self.rows["first"], self.lists["others"] = model, model

    def alias(self, depth: int) -> None:
        text, model = self.row()
        self.add("holder = Holder()")
        self.add("again = holder")
        self.add(f"again.{self.rng.choice(['keep(', 'rows.append('])}{text})")
        self.add(f"kept_row = holder.{self.rng.choice(['last', 'rows[0]', 'rows.pop()'])}")
        self.rows["kept_row"] = model

    def grouped(self, depth: int) -> None:
        text, model = self.several()
        column = self.rng.choice(GRAPH[model][0])
        self.add("groups = {}")
        self.add(f"for it in {text}:")
        self.add(f"    groups.setdefault(str(it.{column}), []).append(it)")
        self.add("some = next(iter(groups.values()), [])")
        self.lists["some"] = model

    def walk(self, depth: int) -> None:
        """A chain of to-one relations in a loop, names changing at each step."""
        name = self.rng.choice(list(self.rows))
        text, model = self.row(1)
        self.add("for _ in range(2):")
        self.block(depth, 1)
        self.add(f"    before = {name}")
        self.add(f"    {name} = {text}")
        self.rows["before"] = self.rows.get(name, model)

    def closure(self, depth: int) -> None:
        """A function that changes a name of the function around it."""
        text, model = self.row(1)
        self.add("outer = obj")
        self.add("def change():")
        self.add("    nonlocal outer")
        self.add(f"    outer = {text}")
        self.add("    return outer")
        self.rows["outer"] = model
        self.statement(0)
        self.add("change()")

    def match(self, depth: int) -> None:
        text, model = self.row()
        column = self.rng.choice(GRAPH[model][0])
        self.add(f"match [{text}, obj]:")
        self.add(f"    case [object({column}=found_value) as one, other]:")
        self.add("        shown.append(found_value)")
        self.rows["one"] = model

    def generator(self, depth: int) -> None:
        text, model = self.row(1)
        column = self.rng.choice(GRAPH[model][0])
        self.add(f"lazy = ({text}.{column} for _ in range(2))")
        self.assign(depth)
        self.add("shown.extend(lazy)")


def body(rng: random.Random, model: type, number: int) -> tuple[Callable[..., Any], str]:
    """Return a function of a random body, and its text."""
    writer = Writer(rng, {"obj": model})
    writer.add("shown = []")
    writer.add("table = {}")
    for _ in range(rng.randint(1, 6)):
        if rng.random() < 0.85:
            writer.add("try:")
            writer.block(2, 1)
            writer.add("except Exception as error:")
            writer.add("    shown.append(type(error).__name__)")
        else:
            writer.statement()
    if rng.random() < 0.2:
        writer.add(f"return shown, {writer.row()[0]}")
    writer.add("return shown")
    text = "\n".join(["def generated(self, obj):", *writer.lines, ""])
    file = f"<generated {number}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace = {**NAMES, "__name__": "tests.bodies.generated"}
    exec(compile(text, file, "exec"), namespace)
    return namespace["generated"], text
