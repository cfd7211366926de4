"""The way into the reader of bodies: what may be read, which source belongs to it, and what the caller adds."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: F821

from __future__ import annotations

import ast
import functools
import linecache
import operator
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.shortcuts import aget_object_or_404
from django.utils.functional import SimpleLazyObject
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.attributes import Column
from drf_autoprefetch.reading.hints import prefetch_hint
from drf_autoprefetch.reading.methods import Subject, clear, machine, read_body
from drf_autoprefetch.reading.relations import get_relation
from drf_autoprefetch.reading.requirements import Edge, Requirement, nothing, reads, through
from tests.bodies.cases import ORIGIN
from tests.bodies.loading import paths
from tests.bodies.models import Category, Order, Person, Product, Review, Tag

first, second = (lambda self, row: row.name), (lambda self, row: row.slug)


def read(function: Any, model: Any = Product, *, argument: int = 0, many: bool = False, **more: Any) -> Requirement:
    """Read a body of a model's instance, with no ``self`` unless one is given."""
    return read_body(function, Subject(model, ORIGIN, "rating", **more), argument=argument, many=many)


def told(requirement: Requirement) -> list[tuple[str, str]]:
    """Return message and remedy of each note."""
    return [(note.message, note.remedy) for note in requirement.notes]


def written(text: str, file: str = "<written>", **names: Any) -> Any:
    """Return the function ``body`` of a text, with a source of its own."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "written", **names}
    exec(compile(text, file, "exec"), namespace)
    return namespace["body"]


class Shown(serializers.Serializer):
    title = serializers.SerializerMethodField()

    def get_title(self, obj):
        return self.__private(obj) + super().__class__.__name__

    def __private(self, obj):
        return obj.name

    @staticmethod
    def get_static(obj):
        return obj.slug

    @classmethod
    def get_class(cls, obj):
        return obj.status

    short = functools.partialmethod(get_title)
    getter = operator.attrgetter("category.name")
    first, second = (lambda self, obj: obj.name), (lambda self, obj: obj.slug)

    def has_object_permission(self, request, view, obj):
        return obj.stock > 0

    def to_representation(self, instance):
        data = super().to_representation(instance)
        data["slug"] = instance.slug
        return data


class ShownList(serializers.ListSerializer):
    def to_representation(self, data):
        return [self.child.to_representation(row) for row in data.all() if row.stock]

    def filtered(self, data):
        return super().to_representation(data.filter(sale=True))


class Upper(serializers.CharField):
    def get_attribute(self, instance):
        return super().get_attribute(instance) or instance.slug

    def to_representation(self, value):
        return value.name.upper()


@pytest.mark.parametrize(
    ("function", "receiver", "argument", "expected"),
    [
        pytest.param(Shown.get_title, Shown, 0, {"name"}, id="a method, with a private one"),
        pytest.param(Shown().get_title, None, 0, {"name"}, id="a bound method"),
        pytest.param(Shown.__dict__["get_static"], Shown, 0, {"slug"}, id="a static method"),
        pytest.param(Shown.get_static, Shown, 0, {"slug"}, id="the function of a static method"),
        pytest.param(Shown.__dict__["get_class"], Shown, 0, {"status"}, id="a class method"),
        pytest.param(Shown.get_class, Shown, 0, {"status"}, id="a bound class method"),
        pytest.param(Shown.getter, Shown, 0, {"category.name"}, id="an attrgetter"),
        pytest.param(Shown.has_object_permission, Shown(), 2, {"stock"}, id="the third argument"),
        pytest.param(Shown.first, Shown, 0, {"name"}, id="a lambda"),
        pytest.param(Shown.second, Shown, 0, {"slug"}, id="another lambda on the same line"),
        pytest.param(first, Shown, 0, {"name"}, id="a lambda of a module"),
        pytest.param(Product.margin, None, 0, {"price", "cost"}, id="a property"),
        pytest.param(Product.__dict__["average_rating"], None, 0, {"reviews.rating"}, id="a cached property"),
        pytest.param(Product.is_low, None, 0, {"stock"}, id="a method of the model"),
        pytest.param(Product.__str__, None, 0, {"name", "category.name"}, id="__str__"),
        pytest.param(functools.partial(Product.discounted, percent=3), None, 0, {"price"}, id="a partial"),
    ],
)
def test_anything_that_is_called_can_be_read(function, receiver, argument, expected):
    found = read(function, receiver=receiver, argument=argument)

    assert paths(found) == expected
    assert not found.notes


def test_places_are_the_lines_of_the_body():
    (origin,) = read(Product.is_low).reads["stock"]

    assert origin.file == "tests/bodies/models.py"
    assert origin.line == Product.is_low.__code__.co_firstlineno + 1
    assert (origin.name, origin.kind) == ("ProductSerializer.rating", "method body")


def test_a_note_names_the_line_and_the_hint_with_all_that_was_seen():
    def get_rating(self, book):
        return self.context["score"](book), [review.rating for review in book.reviews.all()]

    note = next(iter(read(get_rating, receiver=Shown).notes))

    assert str(note) == (
        "ProductSerializer.rating (rating): what get_rating reads is unknown because it passes the product to"
        " self.context['score'](); all columns of Product are loaded."
        f' Write @prefetch_hint("reviews__rating") above it. [tests/test_methods_entry.py:{note.origin.line}]'
    )
    assert note.origin.line == get_rating.__code__.co_firstlineno + 1


# An id is the same in every process that collects: an address is not.
@pytest.mark.parametrize(
    "function",
    [len, operator.not_, str.upper, object(), 3, None, print],
    ids=lambda each: getattr(each, "__name__", str(type(each))),
)
def test_what_has_no_source_ends_in_a_note_or_is_known(function):
    read(function)
    assert read(json_dumps_like).everything


json_dumps_like = functools.partial(sys.getsizeof)


def test_code_of_exec_has_no_source():
    namespace = {}
    exec("def body(row):\n    return row.name", namespace)

    found = read(namespace["body"])

    assert found.everything
    assert "what body reads is unknown" in told(found)[0][0]


def test_a_source_that_was_changed_is_not_believed():
    body = written("def body(row):\n    return row.name\n")
    linecache.cache["<written>"] = (1, None, ["def body(row):\n", "    return row.slug\n"], "<written>")

    assert read(body).everything


def test_a_source_that_cannot_be_parsed_is_not_believed():
    body = written("def body(row):\n    return row.name\n")
    linecache.cache["<written>"] = (1, None, ["def body(row:\n"], "<written>")

    assert read(body).everything


def test_two_functions_with_equal_code_do_not_share_what_they_name():
    text = "def body(row):\n    return helper(row)\n"
    one = written(text, "<one>", helper=lambda row: row)
    one.__globals__["helper"] = Product.is_low
    two = written(text, "<two>", helper=Product.discounted)

    assert one.__code__ == two.__code__
    assert paths(read(one)) == {"stock"}
    assert read(two).columns == {"price"}


def test_functions_of_one_factory_do_not_share_what_they_close_over():
    def make(name):
        def get(row):
            return getattr(row, name)

        return get

    assert paths(read(make("name"))) == {"name"}
    assert paths(read(make("slug"))) == {"slug"}


def test_a_decorator_is_read_too():
    def logged(function):
        @functools.wraps(function)
        def wrapper(self, obj):
            self.log = obj.status
            return function(self, obj)

        return wrapper

    class Decorated(Shown):
        @logged
        def get_title(self, obj):
            return obj.name

    assert paths(read(Decorated.get_title, receiver=Decorated)) == {"name", "status"}


def test_a_hint_replaces_the_body():
    @prefetch_hint("reviews__rating")
    def get_rating(self, obj):
        return self.context["score"](obj)

    found = read(get_rating, receiver=Shown)

    assert paths(found) == {"reviews.rating"}
    assert not found.notes


def test_a_hint_of_something_called_replaces_its_body():
    @prefetch_hint("slug")
    def helper(row):
        return row.secret(row)

    def get_rating(self, obj):
        return helper(obj.category), obj.name

    assert paths(read(get_rating, receiver=Shown)) == {"category.slug", "name"}


def test_a_hint_of_a_property_that_is_met_replaces_its_body(monkeypatch):
    monkeypatch.setattr(
        Product, "score", property(prefetch_hint("tags__name")(lambda row: unknown(row))), raising=False
    )

    assert paths(read(lambda row: row.score)) == {"tags.name"}


def test_rows_that_are_returned_are_read_by_the_caller():
    found = read(Product.best_review, returned=lambda model: reads(model, Column(frozenset(["text"])), ORIGIN))

    assert paths(found) == {"reviews.rating", "reviews.text"}
    assert not found.notes


def test_a_list_of_a_declared_prefetch_is_followed():
    edge = Edge(get_relation(Product, "reviews"), {Review: nothing(Review)}, "public_reviews")

    found = read(
        lambda row: [review.title for review in row.public_reviews], filled={(Product, "public_reviews"): edge}
    )

    assert paths(found) == {"public_reviews.title"}
    assert found.edges["public_reviews"].to_attr == "public_reviews"


def test_an_overridden_representation_reads_the_declared_fields_too():
    asked = []

    def declared(receiver, model):
        asked.append((receiver, model))
        return reads(model, Column(frozenset(["price"])), ORIGIN)

    receiver = Shown()

    assert paths(read(Shown.to_representation, receiver=receiver, declared=declared)) == {"price", "slug"}
    assert asked == [(receiver, Product)]


def test_a_list_serializer_is_handed_rows():
    def child(serializer, model):
        assert isinstance(serializer, Shown)
        return reads(model, Column(frozenset(["name"])), ORIGIN)

    receiver = ShownList(child=Shown())

    assert paths(read(ShownList.to_representation, receiver=receiver, child=child, many=True)) == {"name", "stock"}


def test_rows_of_a_filtered_list_are_still_planned():
    found = read(ShownList.filtered, receiver=ShownList(child=Shown()), declared=lambda *_: nothing(Product), many=True)

    assert not found.everything
    assert [note.id for note in found.notes] == ["not-planned"]


def test_get_attribute_of_a_field_follows_its_source():
    class Serializer(serializers.Serializer):
        where = Upper(source="category.name")

    receiver = Serializer().fields["where"]

    found = read(Upper.get_attribute, receiver=receiver)

    assert paths(found) == {"category.name", "slug"}
    assert paths(read(Upper.to_representation, Category, receiver=receiver)) == {"name"}


def test_a_serializer_nobody_asks_about_is_everything():
    def get_tags(self, obj):
        return Shown(obj.category).data

    found = read(get_tags, receiver=Shown)

    assert paths(found) == {"category.*"}
    assert "passes the category to Shown()" in told(found.edges["category"].targets[Category])[0][0]


class ShopView(GenericViewSet):
    def get_queryset(self):
        return Product.objects.all()

    def list(self, request):
        queryset = self.filter_queryset(self.get_queryset().filter(sale=True))
        page = self.paginate_queryset(queryset)
        if page is not None:
            data = self.get_serializer(page, many=True).data
            return self.get_paginated_response([(row.slug, shown) for row, shown in zip(page, data, strict=True)])
        total = sum(row.price for row in queryset)
        return Response({"total": total, "rows": self.get_serializer(queryset, many=True).data})

    def retrieve(self, request, pk=None):
        product = self.get_object()
        self.check_object_permissions(request, product)
        return Response({"name": product.name, **self.get_serializer(product).data})


def test_the_handlers_of_a_view_read_the_planned_rows():
    assert paths(read(ShopView.list, receiver=ShopView)) == {"slug", "price"}
    assert paths(read(ShopView.retrieve, receiver=ShopView)) == {"name"}
    assert not read(ShopView.list, receiver=ShopView).notes
    assert not read(ShopView.retrieve, receiver=ShopView).notes


class Waiting(GenericViewSet):
    queryset = Product.objects.all()

    async def list(self, request):
        rows = await sync_to_async(list)(await self.afilter_queryset(self.get_queryset()))
        return Response({"total": await self.get_queryset().acount(), "rows": [row.slug for row in rows]})

    async def retrieve(self, request, pk=None):
        product = await self.aget_object()
        newest = await aget_object_or_404(self.get_queryset(), pk=2)
        return Response([product.name, newest.slug, [row.price async for row in self.get_queryset()]])

    async def apaginate_queryset(self, queryset):
        return [row async for row in queryset if row.stock]

    async def newest(self, request):
        return Response((await self.get_queryset().afirst()).name)

    async def aget_object(self):
        return await super().aget_object()

    async def page(self, request):
        return Response([row.name for row in await self.apaginate_queryset(self.get_queryset())])

    async def by_key(self, request):
        return Response([row.name for row in (await self.get_queryset().ain_bulk()).values()])

    async def touch(self, request):
        tag = await Tag.objects.aget(pk=1)
        await tag.asave()
        return Response({})

    async def move(self, request):
        await Tag.objects.filter(name="x").aupdate(name="y")
        return Response({})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("list", {"slug"}), ("newest", {"name"}), ("retrieve", {"name", "slug", "price"}), ("page", {"stock", "name"})],
)
def test_handlers_that_wait_read_the_planned_rows(name, expected):
    found = read(getattr(Waiting, name), receiver=Waiting, argument=None)

    assert paths(found) == expected
    assert not found.notes


def test_rows_that_are_awaited_by_their_keys_are_out_of_sight():
    assert read(Waiting.by_key, receiver=Waiting, argument=None).everything


@pytest.mark.parametrize("name", ["touch", "move"])
def test_handlers_that_wait_for_a_write_may_change_what_they_show(name):
    found = read(getattr(Waiting, name), receiver=Waiting, argument=None)

    assert found.everything
    assert any("may change what it shows" in message for message, _ in told(found))


def test_what_waits_for_a_query_is_told_as_it_is_written():
    body = written(
        "async def body(row):\n    return (await row.reviews.filter(public=True).afirst()).title\n", "<afirst>"
    )

    ((message, remedy),) = told(read(body))

    assert "calls reviews.filter(public=True).afirst()," in message
    assert remedy.startswith(
        'Write @prefetch_hint(Prefetch("reviews", Review.objects.filter(public=True), to_attr="public_reviews"))'
    )


def test_a_body_is_read_once(monkeypatch):
    clear()
    made = []
    start = machine.Machine.__init__
    monkeypatch.setattr(machine.Machine, "__init__", lambda self, *args: made.append(self) or start(self, *args))

    for field in ("one", "two"):
        found = read_body(Product.is_low, Subject(Product, Origin("S", field), field))
        assert {origin.field for origin in found.reads["stock"]} == {field}

    assert len(made) == 1


def long(*first: str, last: str = "return row.category.slug", **names: Any) -> Any:
    """A body that is too long to follow after its ``first`` lines."""
    lines = ["def body(row):", *first, *(f"name{number} = row.name" for number in range(60)), last]
    return written("\n    ".join(lines) + "\n", f"<long {first}>", **names)


@pytest.fixture
def _short_of_breath(monkeypatch):
    clear()
    monkeypatch.setattr(machine, "MAX_STEPS", 60)


@pytest.mark.usefixtures("_short_of_breath")
def test_of_a_body_that_is_too_long_what_was_seen_stays_planned():
    body = long("shown = [tag.name for tag in row.tags.all()]", "if shown: shown = row.supplier.profile.language")

    found = read(body)

    assert paths(found) == {"*", "tags.*", "supplier.*", "supplier.profile.*"}
    assert found.edges["tags"].always
    assert not found.edges["supplier"].always
    ((message, remedy),) = told(found)
    assert (
        "because it is too long to follow to its end; all columns of Product, and of the rows behind it, are" in message
    )
    assert remedy == 'Write @prefetch_hint("name", "supplier__profile__language", "tags__name") above it.'


@pytest.mark.usefixtures("_short_of_breath")
def test_the_rest_of_a_long_body_may_go_where_a_serializer_went():
    def child(cls, model):
        profile = get_relation(model, "profile")
        return through(profile, ORIGIN, reads(profile.model, Column(frozenset(["language"])), ORIGIN))

    found = read(long("shown = Shown(row.supplier).data", Shown=Shown), child=child)

    assert paths(found) == {"*", "supplier.*", "supplier.profile.*"}


@pytest.mark.usefixtures("_short_of_breath")
def test_a_body_that_is_too_long_is_read_once(monkeypatch):
    made = []
    start = machine.Machine.__init__
    monkeypatch.setattr(machine.Machine, "__init__", lambda self, *args: made.append(self) or start(self, *args))
    body = long("shown = row.slug")

    assert read(body) == read(body)

    assert len(made) == 1


def test_an_expression_that_is_too_deep_costs_what_is_left_of_the_body(monkeypatch):
    def deep(*_):
        raise RecursionError

    clear()
    monkeypatch.setitem(machine.EXPRESSIONS, ast.Set, deep)

    found = read(written("def body(row):\n    first = row.supplier\n    return {row.name}\n", "<deep>"))

    assert paths(found) == {"*", "supplier.*"}
    assert "it is too long to follow" in told(found)[0][0]


def test_calls_that_are_too_deep_lose_sight(monkeypatch):
    clear()
    monkeypatch.setattr("drf_autoprefetch.reading.methods.functions.MAX_CALLS", 1)

    found = read(lambda row: row.margin)

    assert found.everything


def test_lazy_objects_are_not_woken():
    def wake():
        raise AssertionError("woken")

    body = written("def body(row):\n    return lazy.x(row)\n", "<lazy>", lazy=SimpleLazyObject(wake))

    assert read(body).everything


def test_no_code_of_the_project_runs():
    class Loud:
        def __getattr__(self, name):
            raise AssertionError(name)

        def __call__(self, row):
            raise AssertionError("called")

        def __hash__(self):
            raise AssertionError("hashed")

        def __eq__(self, other):
            raise AssertionError("compared")

    body = written("def body(row):\n    loud.x(row)\n    return loud(row) == loud\n", "<loud>", loud=Loud())

    assert read(body).everything


@pytest.mark.parametrize("name", ["eval", "exec", "locals", "vars", "dir"])
def test_names_that_are_shown_are_lost(name):
    argument = '"row.name"' if name in ("eval", "exec") else ""
    body = written(f"def body(row):\n    return {name}({argument})\n", f"<{name}>")

    assert read(body).everything


def test_readers_may_run_at_once():
    clear()
    found = []
    functions = [Product.average_rating.func, Product.__str__, Order.total.fget]

    def work():
        models = (Product, Product, Order)
        found.append([paths(read(function, model)) for function, model in zip(functions, models, strict=True)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert all(one == found[0] for one in found)


def test_instances_keep_what_shadows_their_class():
    service = SimpleNamespace()
    body = written("def body(row):\n    return service.score(row)\n", "<service>", service=service)
    service.score = Product.is_low

    assert read(body).everything


def test_models_of_every_kind_are_at_home():
    assert paths(read(lambda row: [row.name, row.color], Tag)) == {"name", "color"}
    assert paths(read(lambda row: row.manager.manager.email, Person)) == {"manager.manager.email"}
