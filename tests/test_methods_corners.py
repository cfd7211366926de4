"""Corners of the reader of bodies: what is rare in the wild, and must be read all the same."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: B018

from __future__ import annotations

import ast
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from rest_framework import serializers

from drf_autoprefetch.exceptions import HintError
from drf_autoprefetch.reading.methods import Subject, bodies, clear, read_body
from drf_autoprefetch.reading.methods.sources import tree_of
from drf_autoprefetch.reading.requirements import Requirement
from tests.bodies.cases import ORIGIN, notes, stating
from tests.bodies.loading import paths
from tests.bodies.models import Order, Person, Product, ProductQuerySet

CASES: list[Any] = []
case = stating(CASES)


class Parent(serializers.Serializer):
    """What the ``self`` of the cases inherits."""

    @classmethod
    def chosen(cls, row):
        return row.slug

    def shown(self, row):
        return row.price


class Lent(Parent):
    """A ``self`` for the cases."""

    LABEL = "name"

    @classmethod
    def chosen(cls, row):
        return super().chosen(row), row.stock

    def shown(self, row):
        return super().shown(row), row.cost


class Email:
    """A descriptor of a project's own."""

    def __get__(self, instance, owner=None):
        return instance.row.email if instance is not None else self


class Stored:
    """A descriptor that keeps what it is given out of sight."""

    def __get__(self, instance, owner=None):
        return None

    def __set__(self, instance, value):
        value.save()


class Presenter:
    email = Email()
    kept = Stored()

    def __init__(self, row):
        self.row = row

    def __iter__(self):
        return iter([self.row.name, self.row.slug])

    @classmethod
    def of(cls, row):
        return cls(row)


BOUND = Lent().shown


def read(function: Any, model: Any = Product, **more: Any) -> Requirement:
    """Read a body as a serializer would."""
    more.setdefault("receiver", Lent)
    return read_body(function, Subject(model, ORIGIN, "rating", **more))


# What stands above a class


@case(Product, "name")
def super_that_is_not_bound(self, obj):
    super(Lent).chosen
    return obj.name


@case(Product, "price")
def super_with_arguments(self, obj):
    return super(Lent, self).shown(obj)


@case(Product, "slug", "stock")
def super_of_a_class_method(self, obj):
    return Lent.chosen(obj)


@case(Product, "*", says="passes the product to missing()")
def super_without_the_attribute(self, obj):
    return super(Lent, self).missing(obj)


@case(Product, "*", says="passes the product to bit_length()")
def super_of_something_unknown(self, obj):
    return super(Lent, self.context["other"]).bit_length(obj)


@case(Product, "category.products")
def super_of_a_queryset(self, obj):
    return super(ProductQuerySet, obj.category.products.all()).count()


@case(Product, "name", says="Product.objects.filter")
def super_of_a_queryset_of_its_own(self, obj):
    rows = Product.objects.filter(sale=True)
    return obj.name, super(ProductQuerySet, rows).count()


@case(Product, "name")
def class_of_super(self, obj):
    return getattr(obj, super(Lent, self).__class__.LABEL)


# Assignments


@case(Product)
def set_column(self, obj):
    obj.name = "new"


@case(Product, "*", says="sets margin of the product")
def set_property(self, obj):
    obj.margin = 3


@case(Product, "*", says="sets supplier of the product")
def set_relation(self, obj):
    obj.supplier = None


@case(Product, "*", "supplier.*", says="Presenter()")
def set_descriptor(self, obj):
    presenter = Presenter(obj)
    presenter.kept = obj.supplier
    return presenter.kept


@case(Product, "reviews.title", "name")
def set_slice(self, obj):
    rows = [obj]
    rows[1:] = obj.reviews.all()
    return [row.title if row.name else None for row in rows]


@case(Product, "name")
def set_item_of_a_dict_or_none(self, obj):
    found = {} if self.context else None
    found["row"] = obj
    return found["row"].name


# Attributes


@case(Product, "supplier.*", says="Presenter()")
def own_descriptor(self, obj):
    return Presenter(obj.supplier).email


@case(Product, "*", says="all columns")
def class_method_of_a_class(self, obj):
    return Presenter.of(obj).row.name


@case(Product, "slug", "stock")
def class_of_self(self, obj):
    return self.__class__.chosen(obj)


@case(Product, "*", says="reads thumbnail of a file of the product")
def unknown_attribute_of_a_file(self, obj):
    return obj.image.thumbnail


@case(Product, "*", says="reads instance of what holds the serializer")
def parent_of_the_parent(self, obj):
    return self.parent.root.parent.instance


@case(Product, "name")
def context_of_the_parent_of_the_parent(self, obj):
    return self.parent.parent.context["prefix"] + obj.name


@case(Product, "id", says="entries.get(action='made')")
def generic_target_of_a_row_outside(self, obj):
    return obj.entries.get(action="made").subject is None


# Calls


@case(Product, "price", "cost")
def bound_method_of_the_module(self, obj):
    return BOUND(obj)


@case(Order, "id")
def text_by_its_method(self, obj):
    return obj.__str__()


@case(Order, "id", "customer.id")
def compared_by_its_method(self, obj):
    return obj.__eq__(obj.customer), obj.__hash__()


@case(Product, "*", says="calls __sizeof__() of the product")
def method_of_every_object(self, obj):
    return obj.__sizeof__()


@case(Product, "*", says="passes the product to __eq__()")
def method_of_every_object_on_self(self, obj):
    return self.__class__.__eq__ is None or self.__eq__(obj)


@case(Product, "reviews.title")
def called_until_it_stops(self, obj):
    rows = iter(obj.reviews.all())
    return [row.title for row in iter(lambda: next(rows, None), None)]


@case(Product, "*", says="passes the product to type()")
def class_made_by_a_call(self, obj):
    return type("Made", (), {"row": obj})


@case(Product, "*", says="calls setattr() on the product with a name that is not constant")
def set_by_a_name_that_is_not_known(self, obj):
    setattr(obj, self.context["name"], 1)


# Containers


@case(Product, "*", says="Presenter()")
def iterated_by_its_own_method(self, obj):
    return [1 for _ in Presenter(obj)]


@case(Product, "name")
def bare_yield(self, obj):
    def rows():
        yield
        yield obj

    return [row.name for row in rows() if row]


@case(Product, "reviews.*", says="calls append() of a list with the review")
def arguments_that_hide(self, obj):
    rows = []
    rows.append(*obj.reviews.all())
    return len(rows)


@case(Product, "*", says="calls frobnicate() of a list with the product")
def unknown_method_of_a_list(self, obj):
    rows = [obj]
    return rows.frobnicate()


@case(Product, "id", "tags.id", "tags.name")
def rows_in_common(self, obj):
    tags = set(obj.tags.all())
    return [tag.name for tag in tags.intersection([obj])]


@case(Product, "name", "supplier.email")
def updated_by_name(self, obj):
    found = {}
    found.update({"a": obj}, b=obj.supplier)
    return found["a"].name, found["b"].email


@case(Product, "id", "tags.name", "name")
def popped_pair(self, obj):
    found = {obj: obj.tags.all()[0]}
    key, value = found.popitem()
    return key.name, value.name


@pytest.mark.parametrize(("function", "model", "expected", "says"), CASES)
def test_the_body_reads(function, model, expected, says):
    found = read(function, model)
    messages = [f"{note.message} {note.remedy}" for note in notes(found)]

    assert paths(found) == expected
    assert any(says in message for message in messages) if says else not messages


# The way in


def test_a_hint_that_is_wrong_is_an_error(monkeypatch):
    def broken(*args):
        raise HintError("no such column")

    monkeypatch.setattr(bodies, "_reading", broken)
    with pytest.raises(HintError, match="no such column"):
        read(set_column)


def test_a_body_that_breaks_the_reader_reads_everything(monkeypatch):
    def broken(*args):
        raise LookupError("no rule")

    monkeypatch.setattr(bodies, "_reading", broken)
    found = read(set_column)

    assert found.everything
    assert ["reading it failed with LookupError: no rule" in note.message for note in notes(found)] == [True]


def test_only_so_many_readings_are_kept(monkeypatch):
    clear()
    monkeypatch.setattr(bodies, "_MAX_READINGS", 2)
    for function in (set_column, class_of_self, set_column, own_descriptor, class_of_self):
        read(function)

    assert [reading.name for _, reading in bodies._readings.values()] == ["own_descriptor", "class_of_self"]
    assert paths(read(set_column)) == frozenset()
    clear()


def test_a_closure_may_still_be_empty():
    def make():
        def body(self, obj):
            return obj.name, later.email

        found = read(body)
        later = Person()
        return found

    assert paths(make()) == {"name"}


@isolate_apps("tests.testapp")
def test_static_methods_and_descriptors_of_a_model():
    class Loud:
        def __init__(self, field):
            self.field = field

        def __get__(self, instance, owner=None):
            return self if instance is None else instance.other.upper()

    class LoudField(models.TextField):
        descriptor_class = Loud

    class Shout(models.Model):
        text = LoudField()
        other = models.TextField()
        more = models.TextField()

        class Meta:
            app_label = "testapp"

        @staticmethod
        def of(row):
            return row.other

        @classmethod
        def chosen(cls, row):
            return cls.of(row), row.more

    assert paths(read(lambda self, obj: obj.of(obj), Shout)) == {"other"}
    assert paths(read(lambda self, obj: obj.chosen(obj), Shout)) == {"other", "more"}
    assert paths(read(lambda self, obj: obj.text, Shout)) == {"text", "other"}


class Written:
    """Methods whose strings span lines, at several indentations."""

    def documented(self, book: Any) -> Any:
        """Say what it does.

        In more than one line.
        """
        return book.title

    def quoting(self, book: Any) -> Any:
        text = """
        select
    title"""
        return book.title, text

    class Inner:
        def deeper(self, book: Any) -> Any:
            """Two
            lines."""
            return book.title


@pytest.mark.parametrize("function", [Written.documented, Written.quoting, Written.Inner.deeper])
def test_code_with_strings_of_several_lines_is_found_where_it_stands(function: Any) -> None:
    tree = tree_of(function)

    assert isinstance(tree, ast.FunctionDef)
    assert tree.lineno == function.__code__.co_firstlineno
    assert ast.unparse(tree.body[-1]).startswith("return")
