"""The edges of the reader of bodies: what is rarely written, and what it is read as all the same.

Each case is a function with the paths that it must be found to read, as in ``test_methods.py``: ``name``,
``category.name``, ``reviews`` (rows of which nothing is read), ``*`` (every column). ``says`` is part of its note.
"""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: B018, E722

from __future__ import annotations

import collections
import functools
import itertools
import linecache
import operator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from rest_framework import serializers

from drf_autoprefetch.reading.hints import prefetch_hint
from drf_autoprefetch.reading.methods import Subject, read_body, sources
from drf_autoprefetch.reading.requirements import Requirement
from tests.bodies.cases import ORIGIN, notes, stating
from tests.bodies.loading import paths
from tests.bodies.models import Product

CASES: list[Any] = []
case = stating(CASES)


class Lent(serializers.Serializer):
    """A ``self`` for the cases."""

    def missing(self, row):
        return super().missing(row)


class LentList(serializers.ListSerializer):
    """A ``self`` that is handed rows."""

    def count_of(self, data):
        return data.count(), data.exists()

    def first_of(self, data):
        return data.first().name


def read(function: Any, model: Any = Product, *, many: bool = False, **more: Any) -> Requirement:
    """Read a body as a serializer would."""
    more.setdefault("receiver", Lent)
    return read_body(function, Subject(model, ORIGIN, "rating", **more), many=many)


def written(text: str, file: str, **names: Any) -> Any:
    """Return the function ``body`` of a text, with a source of its own."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "written", **names}
    exec(compile(text, file, "exec"), namespace)
    return namespace["body"]


# Rows that go out of sight


@case(Product, "*", says="passes the product to self.context['run']()")
def partial_that_is_passed_on(self, obj):
    return self.context["run"](functools.partial(len, obj))


@case(Product, "supplier.*", says="passes the person to a function()")
def serializer_that_is_passed_on(self, obj):
    return (self.context["run"] or print)(Lent(obj.supplier))


@case(Product, "supplier.*", says="passes the person to run()")
def function_that_is_passed_on_twice(self, obj):
    def get():
        return obj.supplier

    run = self.context["run"]
    run(get)
    run(get)


@case(Product, "*", says="slices the product")
def sliced_row(self, obj):
    return obj[1:2]


@case(Product, "category.*", says="passes the category to startswith()")
def row_given_to_a_text(self, obj):
    return "abc".startswith(obj.category)


@case(Product, "*", says="passes the product to")
def getter_of_an_unknown_name(self, obj):
    return operator.attrgetter(self.context["name"])(obj)


@case(Product, "supplier.*", says="passes the person to")
def object_of_a_class_that_is_half_the_library_s(self, obj):
    return Found(row=obj.supplier)["row"].email


class Found(collections.UserDict):
    """Its ``__init__`` is not read."""


# Containers


@case(Product, "supplier.email", "name")
def replaced_in_a_list(self, obj):
    rows = [obj]
    rows[0] = obj.supplier
    return [getattr(row, "email", None) or getattr(row, "name", None) for row in rows]


@case(Product, "supplier.email", "category.name")
def dict_in_a_dict(self, obj):
    inner = {"one": obj.supplier, "two": obj.category}
    outer = {**inner}
    return outer["one"].email, outer["two"].name


@case(Product, "reviews.title")
def product_with_itself(self, obj):
    return [one.title < two.title for one, two in itertools.product(obj.reviews.all(), repeat=2)]


@case(Product, "supplier.email", "reviews.title")
def default_dict_with_a_start(self, obj):
    rows = collections.defaultdict(list, {"a": [obj.supplier]})
    rows["b"].extend(obj.reviews.all())
    return [row.email for row in rows["a"]], [row.title for row in rows["b"]]


@case(Product, "name", "category.name")
def augmented_item(self, obj):
    rows = {"a": [obj]}
    rows["a"] += [obj.category]
    return [row.name for row in rows["a"]]


@case(Product, "name", "category.name")
def augmented_attribute(self, obj):
    bag = Bag(obj)
    bag.rows += [obj.category]
    return [row.name for row in bag.rows]


class Bag:
    def __init__(self, row):
        self.rows = [row]


# Statements and names


@case(Product, "name", "supplier.email")
def bare_except(self, obj):
    try:
        row = obj.supplier
        row.email
    except:
        row = obj
        row.name


@case(Product, "supplier.email", "name")
def nonlocal_two_functions_up(self, obj):
    row = obj

    def middle():
        def inner():
            nonlocal row
            row.name
            row = obj.supplier

        inner()

    middle()
    return getattr(row, "email", None)


@case(Product, "name")
def import_from_beyond_the_top(self, obj):
    from ....nowhere import thing

    return thing, obj.name


@case(Product, "*", says="passes the product to thing()")
def import_from_beyond_the_top_called(self, obj):
    from ....nowhere import thing

    return thing(obj)


@case(Product, "name")
def match_of_none(self, obj):
    match obj.name:
        case None:
            return 0
        case True | False:
            return 1


@case(Product, "name")
def annotation_alone(self, obj):
    row: Product
    row = obj
    return row.name


@case(Product, "name")
def deleted_name(self, obj):
    row = obj
    name = row.name
    del row
    return name


@case(Product, "stock", "name")
def bare_return(self, obj):
    if obj.stock:
        return
    obj.name


@case(Product, "*", says="passes the product to missing()")
def super_without_such_a_method(self, obj):
    return self.missing(obj)


# Managers and querysets


@case(Product)
def model_of_a_manager(self, obj):
    return obj.reviews.model.__name__


@case(Product, "id", says="no_such_method()")
def method_that_no_manager_has(self, obj):
    return obj.reviews.no_such_method()


@case(Product)
def no_rows_of_a_relation(self, obj):
    return [row.title for row in obj.reviews.none()]


@case(Product, "id", says="filter(public=True).order_by('title')")
def longer_chain_before_a_shorter_one(self, obj):
    return obj.reviews.filter(public=True).order_by("title").count() + obj.reviews.filter(public=True).count()


@case(Product, "id", says="get_or_create(rating=1)")
def row_that_is_made_if_need_be(self, obj):
    row, made = obj.reviews.get_or_create(rating=1)
    return row.title, made


@case(Product)
def content_type_of_a_row(self, obj):
    return ContentType.objects.get_for_model(obj).pk


@case(Product, "name")
def method_of_a_manager_of_the_project(self, obj):
    return Product.objects.on_sale().count(), obj.name


@case(Product, "name")
def queryset_without_rows(self, obj):
    return list(Product.objects.none()), obj.name


@case(Product, "name", says="objects.all()")
def method_of_a_queryset_of_the_project(self, obj):
    return Product.objects.all().on_sale().count(), obj.name


@case(Product, "id", says="reviews")
def querysets_put_together(self, obj):
    return [row.title for row in obj.reviews.all() | obj.reviews.all()]


# Serializers


@case(Product, "id", says="first()")
def serializer_of_a_row_of_a_query(self, obj):
    return Lent(obj.reviews.filter(public=True).first()).data


@case(Product, "supplier.email", "supplier.<Lent>")
def instance_of_a_serializer(self, obj):
    return Lent(obj.supplier).instance.email


@pytest.mark.parametrize(("function", "model", "expected", "says"), CASES)
def test_the_body_reads(function, model, expected, says):
    found = read(function, model, child=_child)
    messages = [f"{note.message} {note.remedy}" for note in notes(found)]

    assert paths(found) == expected
    assert any(says in message for message in messages) if says else not messages


def _child(cls: Any, model: Any) -> Requirement:
    return Requirement(model, {f"<{cls.__name__}>": frozenset([ORIGIN])})


def test_a_row_with_items_is_asked_by_its_own_method(monkeypatch):
    monkeypatch.setattr(Product, "__getitem__", lambda self, key: self.slug, raising=False)

    found = read(lambda self, row: row["anything"])

    assert paths(found) == {"slug"}
    assert not found.notes


def test_an_assertion_without_a_message_asks_whether_it_is_true():
    body = written("def body(self, row):\n    assert row.stock\n    return row.name\n", "<assert>")  # not pytest's own

    assert paths(read(body)) == {"stock", "name"}


def test_a_loop_that_hands_a_row_on_for_too_long_is_given_up():
    steps = "".join(f"        r{number} = r{number - 1}\n" for number in range(30, 0, -1))
    start = " = ".join(f"r{number}" for number in range(1, 31))
    body = written(
        f"def body(self, obj):\n    r0 = obj\n    {start} = None\n    while True:\n{steps}    return r30.name\n",
        "<long>",
    )

    found = read(body)

    assert paths(found) == {"*"}
    assert [note.id for note in found.notes] == ["code-unread"]


def test_a_hinted_function_that_is_given_no_row_asks_for_nothing():
    @prefetch_hint("slug")
    def helper(*args):
        return args

    def body(self, obj):
        return helper(), helper("text"), obj.name

    assert paths(read(body)) == {"name"}


def test_an_empty_cell_holds_nothing():
    def make():
        def body(self, obj):
            return obj.name, later

        if not body:
            later = None
        return body

    assert paths(read(make())) == {"name"}


def test_get_attribute_of_what_has_no_source_is_not_followed():
    class Shown(serializers.CharField):
        def get_attribute(self, instance):
            return super().get_attribute(instance)

    found = read(Shown.get_attribute, receiver=Shown)

    assert paths(found) == {"*"}
    assert "passes the product to get_attribute()" in next(iter(found.notes)).message


def test_get_attribute_calls_the_methods_of_its_source():
    class Shown(serializers.CharField):
        def get_attribute(self, instance):
            return super().get_attribute(instance)

    class Form(serializers.Serializer):
        low = Shown(source="is_low")

    found = read(Shown.get_attribute, receiver=Form().fields["low"])

    assert paths(found) == {"stock"}
    assert not found.notes


def test_get_attribute_of_a_model_field_gives_the_row_itself():
    class Shown(serializers.ModelField):
        def get_attribute(self, instance):
            return super().get_attribute(instance).slug

    class Form(serializers.Serializer):
        name = Shown(model_field=Product._meta.get_field("name"))

    assert paths(read(Shown.get_attribute, receiver=Form().fields["name"])) == {"slug"}


@pytest.mark.parametrize(
    ("function", "expected"), [(LentList.count_of, set()), (LentList.first_of, {"name"})], ids=["count", "first"]
)
def test_a_list_serializer_may_ask_about_its_rows(function, expected):
    found = read(function, receiver=LentList(child=Lent()), many=True)

    assert paths(found) == expected
    assert not found.notes


def test_trees_that_were_found_are_forgotten_when_they_are_many(monkeypatch):
    monkeypatch.setattr(sources, "_found", {})
    monkeypatch.setattr(sources, "_MAX_FOUND", 1)

    assert paths(read(written("def body(self, row):\n    return row.name\n", "<first>"))) == {"name"}
    assert paths(read(written("def body(self, row):\n    return row.slug\n", "<second>"))) == {"slug"}
    assert len(sources._found) == 1


class Helper:
    @staticmethod
    def show(row):
        return row.name


def test_what_a_file_imports_is_looked_up_where_the_objects_mislead():
    text = f"from {__name__} import Helper\ndef body(self, row):\n    return Helper.show(row)\n"

    assert paths(read(written(text, "<imports>", __name__=__name__))) == {"name"}


def test_a_qualified_name_that_was_cut_short_is_no_obstacle():
    body = written("def body(self, row):\n    return row.name\n", "<cut>")
    body.__qualname__ = "<locals>.body"

    assert paths(read(body)) == {"name"}
