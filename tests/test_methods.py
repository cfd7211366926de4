"""The rules of the reader, one by one: what each construct of Python reads, binds, or loses sight of.

Each case is a function with the paths that it must be found to read: ``name``, ``category.name``, ``reviews`` (rows of
which nothing is read), ``*`` (every column). ``says`` is part of the note that goes with it.
"""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: B018, C408, C416, C417, E501, RUF017, T201, UP030, UP032

from __future__ import annotations

import asyncio
import collections
import copy
import functools
import heapq
import itertools
import json
import linecache
import operator
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy
from rest_framework import serializers

from drf_autoprefetch.reading.methods import Subject, read_body
from drf_autoprefetch.reading.requirements import Requirement
from tests.bodies.cases import ORIGIN, notes, stating
from tests.bodies.loading import paths
from tests.bodies.models import Category, Comment, Entry, Order, Person, Product, Review, Team, Ticket

CASES: list[Any] = []
case = stating(CASES)
NAME = "name"
COLUMNS = ("name", "slug")
MUTABLE = ["name"]
HANDLERS = {"a": len}
service = SimpleNamespace(score=len)


class Lent(serializers.Serializer):
    """A ``self`` for the cases."""

    FIELD = "slug"
    changed = "name"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.changed = kwargs.get("context")

    def helper(self, row):
        return row.price

    @property
    def current(self):
        return self.context["user"]

    @staticmethod
    def static_helper(row):
        return row.stock

    @classmethod
    def class_helper(cls, row):
        return cls.static_helper(row), getattr(row, cls.FIELD)


def read(function: Any, model: Any = Product, **more: Any) -> Requirement:
    """Read a body as a serializer would."""
    more.setdefault("receiver", Lent)
    return read_body(function, Subject(model, ORIGIN, "rating", **more))


# Names, attributes, assignments


@case(Product, "name")
def column(self, obj):
    return obj.name


@case(Product, "id")
def primary_key(self, obj):
    return obj.pk


@case(Product, "category_id")
def foreign_key_column(self, obj):
    return obj.category_id


@case(Product, "category.name")
def to_one(self, obj):
    return obj.category.name


@case(Product, "category")
def to_one_tested(self, obj):
    return obj.category is not None


@case(Product, "name", "slug")
def alias(self, obj):
    other = same = obj
    return other.name + same.slug


@case(Product, "category.name", "supplier.email")
def rebound(self, obj):
    obj, category = obj.supplier, obj.category
    return obj.email + category.name


@case(Product, "name", "supplier.email")
def rebound_in_a_branch(self, obj):
    row = obj
    if self.context:
        row = obj.supplier
        return row.email
    return row.name


@case(Product, "supplier.email", "category.name")
def swapped(self, obj):
    one, two = obj.category, obj.supplier
    one, two = two, one
    return one.email, two.name


@case(Product, "name", "tags.name", "tags.color")
def starred(self, obj):
    first, *rest = [obj, *obj.tags.all()]
    return first.name, [row.color for row in rest]


@case(Product, "supplier.email")
def walrus(self, obj):
    return row.email if (row := obj.supplier) else None


@case(Product, "reviews.title")
def walrus_in_a_comprehension(self, obj):
    [last := review for review in obj.reviews.all()]
    return last.title


@case(Product, "price")
def augmented(self, obj):
    total = 0
    total += obj.price
    return total


@case(Product, "name")
def annotated_name(self, obj):
    row: Product = obj
    return row.name


@case(Product, "status")
def display(self, obj):
    return obj.get_status_display()


@case(Product)
def constants_of_the_model(self, obj):
    return obj.LOW_STOCK, obj.Status.LIVE, obj.Status.choices


@case(Product)
def an_annotation_or_anything_set_from_outside(self, obj):
    return obj.review_count


@case(Product)
def what_kind_of_row(self, obj):
    return obj.__class__.__name__, type(obj) is Product, isinstance(obj, Product)


@case(Product, "price", "cost")
def model_property(self, obj):
    return obj.margin


@case(Product, "price")
def model_method(self, obj):
    return obj.discounted(percent=3)


@case(Product, "reviews.rating")
def model_cached_property(self, obj):
    return obj.average_rating


@case(Product, "name", "category.name")
def model_text(self, obj):
    return str(obj)


@case(Order, "lines.quantity", "lines.price", "shipping")
def property_of_properties(self, obj):
    return obj.total


@case(Order, "invoice.number")
def reverse_one_to_one(self, obj):
    try:
        return obj.invoice.number
    except ObjectDoesNotExist:
        return None


@case(Entry, "subject.title", says="which may lead to any model: those that declare a generic relation back")
def generic_foreign_key(self, obj):
    return obj.subject.title


@case(Ticket, "entries.subject.title", "title", says="which may lead to any model")
def generic_relation_back_to_the_row(self, obj):
    return [entry.subject.title for entry in obj.entries.all()]


@case(Product, "reviews.product.name", "name")
def the_row_itself_by_way_of_its_children(self, obj):
    return [review.product.name for review in obj.reviews.all()]


@case(Product, "id", "name", says="calls reviews.filter(public=True)")
def the_row_itself_by_way_of_a_query(self, obj):
    return [review.product.name for review in obj.reviews.filter(public=True)]


@case(Product, "image")
def file_column(self, obj):
    return obj.image.url if obj.image else None


@case(Product, "image", "name")
def row_of_a_file(self, obj):
    return obj.image.instance.name


# Flow


@case(Product, "name", "slug", "status")
def branches(self, obj):
    if obj.status == "live":
        return obj.name
    elif self.context:
        pass
    else:
        return obj.slug


@case(Product, "category.name", "supplier.email", "stock")
def either(self, obj):
    return (obj.category if obj.stock else obj.supplier).name or obj.supplier.email


@case(Product, "supplier.email")
def null_check(self, obj):
    return obj.supplier and obj.supplier.email


@case(Comment, "text", "reply_to.text", "reply_to.reply_to.text", "reply_to.reply_to.reply_to.text",
      "reply_to.reply_to.reply_to.reply_to_id", says="follows reply_to again and again")  # fmt: skip
def endless_loop(self, obj):
    while obj:
        self.context["log"] = obj.text
        obj = obj.reply_to


@case(Product, "tags.name", "tags.color", "name")
def loop_with_else_and_break(self, obj):
    for tag in obj.tags.all():
        if tag.name == "x":
            break
    else:
        return obj.name
    return tag.color


@case(Product, "reviews.title", "reviews.rating")
def found_in_a_loop(self, obj):
    best = None
    for review in obj.reviews.all():
        if best is None or review.rating > best.rating:
            best = review
    return best.title if best else None


@case(Product, "name", "supplier.email", "slug")
def errors_happen_anywhere(self, obj):
    row = obj
    try:
        row = obj.supplier
        row = int("x")
    except ValueError:
        return row.email
    finally:
        row = obj
    return row.slug or obj.name


@case(Product, "supplier.email", "name")
def suppressed_errors(self, obj):
    row = obj
    with suppress(AttributeError):
        row = obj.supplier
        row = self.context["x"]
    return row.email or row.name


@case(Product, "status", "name", "slug")
def matched(self, obj):
    match obj.status:
        case "live" | "draft":
            return obj.name
        case _:
            return obj.slug


@case(Product, "name", "supplier.email")
def matched_by_class(self, obj):
    match obj:
        case Product(name=str(name), supplier=Person(email=email)):
            return name, email


@case(Product, "supplier.email", "category.name")
def matched_sequence(self, obj):
    match [obj.supplier, obj.category]:
        case [first, *others]:
            return first.email, [other.name for other in others]


@case(Product, "supplier.email")
def matched_mapping(self, obj):
    match {"who": obj.supplier}:
        case {"who": person, **rest}:
            return person.email, rest


@case(Product, "supplier.email", "supplier.phone")
def matched_either(self, obj):
    match obj.supplier:
        case Person(email="") | Person(phone=""):
            return "unreachable"


@case(Product, "supplier.id", "category.name")
def matched_value(self, obj):
    match obj.supplier:
        case Holder.nobody:
            return ""
        case _:
            return obj.category.name


@case(Product, "supplier.email")
def matched_none(self, obj):
    match obj.supplier:
        case None:
            return ""
        case person:
            return person.email


@case(Product, "supplier.*", says="matches the person by position")
def matched_by_position(self, obj):
    match obj.supplier:
        case Person(a):
            return a


# Containers


@case(Product, "supplier.email", "category.name")
def tuple_positions(self, obj):
    pair = (obj.supplier, obj.category)
    return pair[0].email, pair[1].name


@case(Product, "supplier.email", "category.name")
def dict_keys(self, obj):
    parts = {"who": obj.supplier}
    parts["where"] = obj.category
    return parts["who"].email, parts.get("where").name


@case(Product, "name", "supplier.email")
def list_alias_and_append(self, obj):
    rows = []
    same = rows
    same.append(obj)
    rows.insert(0, obj.supplier)
    return [row.name for row in rows], rows[0].email


@case(Product, "reviews.id", "reviews.title")
def rows_in_a_dict_by_key(self, obj):
    found = {review.pk: review for review in obj.reviews.all()}
    return [review.title for review in found.values()], [found[key].title for key in found]


@case(Product, "reviews.id", "reviews.title")
def rows_as_keys(self, obj):
    return [review.title for review in dict.fromkeys(obj.reviews.all(), 1)]


@case(Product, "reviews.title", "reviews.id")
def set_methods(self, obj):
    found = set()
    found.add(obj.reviews.all()[0])
    found |= {*obj.reviews.all()}
    return [review.title for review in found - {None}]


@case(Product, "reviews.rating", "reviews.text")
def default_dict(self, obj):
    groups = collections.defaultdict(list)
    for review in obj.reviews.all():
        groups[review.rating].append(review)
    return {key: [row.text for row in rows] for key, rows in groups.items()}


@case(Product, "reviews.text", "reviews.id")
def counter_keys(self, obj):
    return [review.text for review, _ in collections.Counter(obj.reviews.all()).most_common(1)]


@case(Product, "reviews.rating", "reviews.title")
def sort_in_place(self, obj):
    rows = list(obj.reviews.all())
    rows.sort(key=lambda row: row.rating)
    return rows[-1].title


@case(Product, "reviews.title", "reviews.id")
def pop_and_index(self, obj):
    rows = [*obj.reviews.all()]
    rows.remove(rows[0])
    return rows.pop().title


@case(Product, "name")
def dict_of_a_call(self, obj):
    return dict(row=obj)["row"].name


@case(Product, "name", "reviews.title")
def merged_dicts(self, obj):
    return [row.title for row in ({"a": obj} | {"b": obj.reviews.all()[0]}).values()] and obj.name


@case(Product, "*", says="to unknown()")
def unknown_function(self, obj):
    return unknown(obj)  # noqa: F821


# Comprehensions, functions, generators


@case(Product, "reviews.author.email", "reviews.rating")
def nested_comprehension(self, obj):
    return {mail for mail in [review.author.email for review in obj.reviews.all() if review.rating]}


@case(Team, "tickets.comments.text")
def double_comprehension(self, obj):
    return [comment.text for ticket in obj.tickets.all() for comment in ticket.comments.all()]


@case(Product, "reviews.rating")
def sorted_by_a_lambda(self, obj):
    return len(sorted(obj.reviews.all(), key=lambda review: review.rating))


@case(Product, "reviews.rating", "name")
def closure(self, obj):
    def label(review):
        return f"{obj.name} {review.rating}"

    return [label(review) for review in obj.reviews.all()]


@case(Product, "name", "supplier.email")
def closure_over_a_name_bound_later(self, obj):
    def late():
        return row.email

    row = obj.supplier
    return late(), obj.name


@case(Product, "supplier.email", "name")
def generator_that_runs_later(self, obj):
    row = obj
    mails = (row.email or row.name for _ in range(2))
    row = obj.supplier
    return list(mails)


@case(Category, "name", "slug", "parent.name", "parent.parent.slug", "parent.slug")
def two_generators_that_run_later(self, obj):
    names = (obj.name for _ in range(2))
    obj = obj.parent
    slugs = (obj.parent.slug if obj.parent else obj.slug for _ in range(2))
    return list(names), list(slugs)


@case(Category, "name", "parent.name")
def functions_that_run_later(self, obj):
    def name():
        return obj.name

    one = map(lambda _: obj.name, [1])
    two = (name() for _ in [1])
    obj = obj.parent
    return list(one), list(two)


@case(Category, "name", "parent.slug", "slug", "children", "parent.name")
def lists_that_are_filled_later(self, obj):
    rows = []
    names = (row.name for row in rows)
    slugs = map(operator.attrgetter("slug"), rows)
    rows.append(obj)
    rows.append(obj.parent)
    return list(names), list(slugs), bool(obj.children.all())


@case(Product, "supplier.email")
def nonlocal_name(self, obj):
    found = None

    def look():
        nonlocal found
        found = obj.supplier

    look()
    return found.email


@case(Product, "supplier.email", "category.name")
def generator_helper(self, obj):
    def parts():
        yield obj.supplier
        yield from [obj.category]

    supplier, category = parts()
    return getattr(supplier, "email", None), category.name


@case(Product, "name", "price")
def default_argument(self, obj):
    def label(row=obj, *, other=obj):
        return row.name, other.price

    return label()


@case(Product, "name", "supplier.email")
def star_arguments(self, obj):
    def both(*rows, **named):
        return rows[0].name, named["who"].email

    return both(*[obj][:0], obj, who=obj.supplier) if False else both(obj, **{"who": obj.supplier})


@case(Product, "reviews.rating")
def mapped_and_filtered(self, obj):
    return list(map(lambda row: row.rating, filter(None, obj.reviews.all())))


@case(Product, "reviews.rating", "reviews.author.email")
def getters(self, obj):
    get = operator.attrgetter("rating", "author.email")
    return [operator.itemgetter(1)(get(review)) for review in obj.reviews.all()]


@case(Product, "reviews.rating")
def reduced(self, obj):
    return functools.reduce(lambda best, row: row if row.rating > best.rating else best, obj.reviews.all()).rating


@case(Product, "name")
def partial_call(self, obj):
    return functools.partial(lambda a, b, c: b.name, 1, obj)(c=3)


@case(Product, "reviews.rating", "tags.name")
def itertools_chain(self, obj):
    return [getattr(r, "rating", None) or r.name for r in itertools.chain(obj.reviews.all(), obj.tags.all())]


@case(Product, "reviews.rating", "reviews.title")
def itertools_groupby(self, obj):
    return [(k, [r.title for r in g]) for k, g in itertools.groupby(obj.reviews.all(), operator.attrgetter("rating"))]


@case(Product, "reviews.title", "name")
def zipped_and_enumerated(self, obj):
    return [(i, a.title, b.name) for i, (a, b) in enumerate(zip(obj.reviews.all(), [obj], strict=False))]


@case(Product, "reviews.rating")
def extremes(self, obj):
    return min(obj.reviews.all(), key=lambda row: row.rating).rating, max([r.rating for r in obj.reviews.all()])


@case(Product, "price", "stock", "slug")
def own_methods(self, obj):
    return self.helper(obj), self.static_helper(obj), self.class_helper(obj)


@case(Product, "name", "slug")
def constant_names(self, obj):
    return [getattr(obj, name) for name in COLUMNS], hasattr(obj, NAME), getattr(obj, self.FIELD, None)


@case(Product, "name")
def recursion(self, obj, depth=0):
    return recursion(self, obj, depth + 1) if depth < 3 else obj.name


@dataclass
class Holder:
    row: Product
    label: str = "x"

    @property
    def text(self):
        return self.row.name + self.label


@case(Product, "name")
def dataclass_of_a_row(self, obj):
    return Holder(obj).text


@case(Product, "reviews.rating", "reviews.title", "reviews.author_id")
def ranked_by_heap(self, obj):
    two = heapq.nsmallest(2, obj.reviews.all(), key=lambda review: review.rating)
    return [two[0].title if two else "", heapq.nlargest(1, [review.author_id for review in obj.reviews.all()], None)]


# Text, comparison, identity


@case(Product, "supplier.first_name", "supplier.last_name", "name")
def texts(self, obj):
    return f"{obj.supplier!s:>10}" + "%s %s" % (obj.name, obj.supplier) + "{}".format(obj.supplier)  # noqa: UP031


@case(Product, "category.name")
def text_of_a_list(self, obj):
    return str([obj.category])


@case(Product, "supplier.email", "supplier.manager.phone", "name")
def format_by_attribute(self, obj):
    return f"{obj.supplier.email} {obj.supplier.manager.phone!r:>9} {obj.supplier.email}{{" + f"{1}{obj.name}"


@case(Product, "supplier.*", says="formats the person by attribute")
def format_by_item(self, obj):
    return "{0[email]}".format(obj.supplier)


@case(Product, "supplier.*", says="formats the person by attribute")
def format_with_a_format(self, obj):
    return "{0:{1.phone}}".format("x", obj.supplier)


@case(Product, "supplier.*", says="formats the person by attribute")
def format_of_many(self, obj):
    return "{0.email}".format(*[obj.supplier])


@case(Product, "supplier.*", says="formats the person with a text that is not known")
def unknown_format(self, obj):
    return self.context["format"] % obj.supplier


@case(Product, "supplier.first_name", "supplier.last_name")
def translated_format(self, obj):
    return gettext_lazy("by %s") % obj.supplier


@case(Product, "supplier.id", "category")
def comparisons(self, obj):
    return obj.supplier == self.current, obj.category is None


@case(Product, "reviews.author.id")
def membership(self, obj):
    return self.current in [review.author for review in obj.reviews.all()]


@case(Product, "reviews.id")
def membership_in_a_queryset(self, obj):
    return self.context["review"] in obj.reviews.all()


@case(Product, "id")
def hashed(self, obj):
    return hash(obj), len({obj})


# Relations to many


@case(Product, "reviews")
def counted(self, obj):
    return obj.reviews.count(), len(obj.reviews.all()), obj.reviews.exists(), bool(obj.reviews.all())


@case(Product)
def a_manager_is_always_true(self, obj):
    return bool(obj.reviews)


@case(Product, "reviews.title")
def first_where_ordered(self, obj):
    return obj.reviews.first().title


@case(Product, "id", says='Prefetch("tags", Tag.objects.order_by(\'pk\'), to_attr="first_tags")')
def first_where_unordered(self, obj):
    return obj.tags.first().name


@case(Product, "reviews.title", "reviews.rating")
def sliced(self, obj):
    return obj.reviews.all()[0].title, [review.rating for review in obj.reviews.all()[:2]]


@case(
    Product,
    "id",
    says='@prefetch_hint(Prefetch("reviews", Review.objects.filter(public=True), to_attr="public_reviews"))',
)
def filtered(self, obj):
    return [review.title for review in obj.reviews.filter(public=True)]


@case(
    Product,
    "id",
    says='annotate={"public_reviews_count": Count("reviews", filter=Q(reviews__public=True), distinct=True)}',
)
def filtered_and_counted(self, obj):
    return obj.reviews.filter(public=True).count()


@case(Product, "category_id", "category.id", says='Prefetch("category__products", Product.objects.filter(sale=True)')
def filtered_further_away(self, obj):
    return obj.category_id, list(obj.category.products.all().filter(sale=True)), obj.category.products.on_sale()


@case(Product, "id", "supplier.id", says="Choose among the rows of reviews.all()")
def a_row_in_a_query(self, obj):
    return obj.reviews.filter(Q(author=obj.supplier)).exists()


@case(Product, "id", says="runs a query of its own for each product: Review.objects.filter(product=obj)")
def own_query(self, obj):
    return Review.objects.filter(product=obj).count()


@case(Product, "id", says="calls reviews.get(")
def shortcut(self, obj):
    return get_object_or_404(obj.reviews, pk=1).title


@case(Product, "name", "id", says="calls reviews.order_by")
def manager_that_knows_its_row(self, obj):
    manager = obj.reviews
    return manager.instance.name, manager.order_by("pk")


@case(Product, "reviews.author.reviews.title")
def there_and_back(self, obj):
    return [other.title for review in obj.reviews.all() for other in review.author.reviews.all()]


# Serializers in the body


class TagSerializer(serializers.Serializer):
    name = serializers.CharField()


@case(Product, "tags.<TagSerializer>")
def nested_serializer(self, obj):
    return TagSerializer(obj.tags.all(), many=True, context=self.context).data


@case(Product, "tags.<TagSerializer>")
def nested_serializer_of_a_manager(self, obj):
    return TagSerializer(instance=obj.tags, many=True).data


@case(Product, "tags.<TagSerializer>")
def representation_called(self, obj):
    serializer = TagSerializer()
    return [serializer.to_representation(tag) for tag in obj.tags.all()]


@case(Product, "tags.<TagSerializer>", "*", says="passes the product to TagSerializer as context")
def row_in_a_context(self, obj):
    return TagSerializer(obj.tags.all(), many=True, context={"product": obj}).data


@case(Product, "<declared>", "slug")
def super_representation(self, instance):
    data = super(Lent, self).to_representation(instance)
    data["link"] = instance.slug
    return data


# Out of sight


@case(Product, "*", says="because it passes the product to HANDLERS[self.context['x']]();")
def called_from_a_dict(self, obj):
    return HANDLERS[self.context["x"]](obj)


@case(Product, "*", says="passes the product to score()")
def method_of_an_object(self, obj):
    return service.score(obj)


@case(Product, "*", says="reads an attribute of the product whose name is not constant")
def unknown_name(self, obj):
    return getattr(obj, self.context["name"])


@case(Product, "*", says="reads an attribute of the product whose name is not constant")
def unknown_name_from_a_list(self, obj):
    return [getattr(obj, name) for name in MUTABLE]


@case(Product, "*", says="reads an attribute of the product whose name is not constant")
def name_that_an_instance_changes(self, obj):
    return getattr(obj, self.changed)


@case(Product, "*", says="calls vars() on the product")
def all_variables(self, obj):
    return vars(obj)


@case(Product, "*", says="reads __dict__ of the product")
def dictionary(self, obj):
    return obj.__dict__["name"]


@case(Product, "*", says="reads _state.fields_cache of the product")
def state(self, obj):
    return obj._state.fields_cache


@case(Product, "*", says="stores the product on an object")
def stored(self, obj):
    self.row = obj


@case(Product, "*", says="stores the product on an object")
def stored_by_name(self, obj):
    setattr(self, "row", obj)  # noqa: B010


@case(Product, "*", says="stores the product in an object")
def stored_in_the_context(self, obj):
    self.context["row"] = obj


@case(Product, "*", says="passes the product to append()")
def appended_elsewhere(self, obj):
    self.context["rows"].append(obj)


@case(Product, "*", says="stores the product in a global")
def stored_in_a_global(self, obj):
    global stored_row
    stored_row = obj


@case(Product, "*", says="passes the product to ValueError()")
def raised(self, obj):
    raise ValueError(obj)


@case(Product, "*", says="passes the product to")
def list_that_leaves_and_is_filled_later(self, obj):
    rows = []
    self.context["keep"](rows)
    rows.append(obj)


@case(Product, "name", "supplier.*", says="returns the person")
def returned(self, obj):
    return {"row": [obj.supplier], "name": obj.name}


@case(Product, "reviews.*", says="returns the review")
def returned_queryset(self, obj):
    return obj.reviews.all()


@case(Product, "*", says="passes the product to dumps()")
def c_code(self, obj):
    return json.dumps([obj])


@case(Product, "*", says="copies the product")
def copied(self, obj):
    return copy.copy(obj).name


@case(Product, "*", says="calls save() of the product")
def saved(self, obj):
    obj.save()


@case(Product, "reviews.*", says="passes the review rows to unknown()")
def queryset_that_leaves(self, obj):
    return unknown(obj.reviews.all())  # noqa: F821


@case(Product, "name", "slug")
def callback_that_leaves(self, obj):
    return self.context["run"](lambda: (obj.name, obj.slug))


@case(Product, "*", says="reads instance of what holds the serializer")
def parent_instance(self, obj):
    return self.parent.instance


@case(Product, "name")
def own_instance(self, obj):
    return self.instance.name


@case(Product)
def context_of_the_parent(self, obj):
    return self.root.context["request"].user


@case(Product, "*", says="decorates a function that uses the product")
def decorated_inside(self, obj):
    @self.context["decorate"]
    def show():
        return obj

    return 1


@case(Product, "*", says="uses ClassDef, which is not understood")
def class_inside(self, obj):
    class Inner:
        row = obj

    return Inner


@case(Product, "*", says="enters a context with the product")
def context_manager(self, obj):
    with obj:
        pass


@case(Product, "*", says="calls the product")
def called_row(self, obj):
    return obj()


@case(Product, "category.*", says="calculates with the category")
def calculated(self, obj):
    return obj.category + 1


@case(Product, "*", says="deletes name of the product")
def deleted(self, obj):
    del obj.name


# The rest of the language


async def fetched(row):
    """A coroutine."""
    return row.supplier


@case(Product, "supplier.email")
async def awaited(self, obj):
    return (await fetched(obj)).email


@case(Product, "reviews.title", "slug", "price")
async def asynchronous_loop(self, obj):
    async for review in obj.reviews.all():
        self.context["log"] = review.title
    async with self.context["lock"] as lock:
        lock.name = obj.slug

    async def inner():
        return obj.price

    return await inner()


@case(Product, "supplier.email", "tags.name")
async def in_a_thread(self, obj):
    tags = await asyncio.to_thread(list, obj.tags.all())
    person = await asyncio.to_thread(lambda: obj.supplier)
    return [tag.name for tag in tags], person.email


def counted_tags(obj):
    return [tag.color for tag in obj.tags.all()]


counted_later = sync_to_async(counted_tags)
counted_now = async_to_sync(fetched)


async def fetched_price(self, row):
    return row.price


class Waiting:
    """Its methods wait in threads."""

    @sync_to_async
    def name(self, row):
        return row.name

    @sync_to_async(thread_sensitive=True)
    def slug(self, row):
        return row.slug

    price = async_to_sync(fetched_price)


@case(Product, "supplier.email", "tags.name", "tags.color", "name", "slug")
async def made_asynchronous(self, obj):
    tags = await sync_to_async(list)(obj.tags.all())
    person = await sync_to_async(lambda: obj.supplier, thread_sensitive=True)()
    return (
        [tag.name for tag in tags],
        person.email,
        await counted_later(obj),
        await Waiting().name(obj),
        await Waiting().slug(obj),
    )


@case(Product, "supplier.email", "price")
def made_synchronous(self, obj):
    return async_to_sync(fetched)(obj).email, counted_now(obj).email, Waiting().price(obj)


@case(Product, "supplier.email", "category.name")
async def waited_for(self, obj):
    person = await asyncio.wait_for(fetched(obj), 3)
    return person.email, (await asyncio.shield(asyncio.to_thread(getattr, obj, "category"))).name


@case(Product, "supplier.email", "tags.name")
async def gathered(self, obj):
    (person,) = await asyncio.gather(fetched(obj), return_exceptions=True)
    tags = await asyncio.gather(*[sync_to_async(lambda row: row)(tag) for tag in obj.tags.all()])
    return person.email, [tag.name for tag in tags]


@case(Product, "tags.name")
async def asynchronous_iterator(self, obj):
    return (await anext(aiter(obj.tags.all()))).name


@case(Product, "category", "supplier.email", "supplier.first_name", "price")
async def names_change_before_it_is_waited_for(self, obj):
    one = obj.category

    async def shown():
        return one.email

    def first():
        return one.first_name

    coming, later = shown(), sync_to_async(first)()
    one = obj.supplier
    return await coming, await later, obj.price


@case(Product, "slug", "category.name")
async def nothing_changes_before_what_is_called_at_once(self, obj):
    one = obj

    def shown():
        return one.slug

    first = shown()
    one = obj.category
    return first, one.name


@case(Product, "tags", "reviews.title")
async def asynchronous_methods(self, obj):
    if await obj.tags.acount() and await obj.tags.all().aexists():
        return (await obj.reviews.afirst()).title


@case(Product, "tags.color", "tags.name")
def jumps_keep_what_was_bound(self, obj):
    row = None
    for tag in obj.tags.all():
        row = tag
        if tag.color:
            continue
            row.description
        break
        row.description
    return row.name


@case(Product, "supplier.id", "category.id", says="runs a query of its own")
def own_query_in_steps(self, obj):
    found = Review.objects.filter(author=obj.supplier)
    return found.exclude(product__category=obj.category).order_by("pk").first().title


@case(Product, "*", says="reads real of a method of the product")
def attribute_of_a_method(self, obj):
    return obj.discounted.real


@case(Product)
def name_of_a_method(self, obj):
    return obj.discounted.__name__


@case(Product, "*", says="iterates over a method of the product")
def iterated_method(self, obj):
    return list(obj.discounted)


class Listed(Product):
    """A row that can be iterated over."""

    def __iter__(self):
        yield self.category

    class Meta:
        proxy = True
        app_label = "bodies"


@case(Listed, "category.name")
def iterated_row(self, obj):
    return [row.name for row in obj]


@case(Product, "reviews")
def any_and_all(self, obj):
    return any(obj.reviews.all()) and all(obj.reviews.all())


@case(Product)
def asked_about(self, obj):
    return callable(obj), id(obj), isinstance(obj, Product)


@case(Product, "reviews.title", "tags.name", "name")
def other_lists(self, obj):
    last = next(reversed(list(obj.reviews.all())))
    return last.title, [tag.name for tag in tuple(obj.tags.all())], [row.name for row in collections.deque([obj])]


@case(Product, "reviews.id", "reviews.title")
def frozen(self, obj):
    return [row.title for row in frozenset(obj.reviews.all())]


@case(Product, "supplier.first_name", "supplier.last_name")
def shown_in_other_ways(self, obj):
    print(obj.supplier, repr(obj.supplier), ascii(obj.supplier))


@case(Product, "*", says="deletes an attribute of the product")
def deleted_by_name(self, obj):
    delattr(obj, "name")


@case(Product, "reviews.rating")
def added_up(self, obj):
    return sum([[review] for review in obj.reviews.all()], [])[0].rating


@case(Product, "supplier.email")
def item_getter(self, obj):
    return operator.itemgetter("who")({"who": obj.supplier}).email


@case(Product, "reviews.rating", "reviews.title")
def chosen_by_itertools(self, obj):
    some = itertools.dropwhile(lambda row: row.rating, itertools.islice(obj.reviews.all(), 3))
    others = itertools.filterfalse(lambda row: row.rating, itertools.cycle(some))
    return [row.title for row in itertools.takewhile(lambda row: row.rating, others)]


@case(Product, "reviews.rating", "tags.name", "reviews.title", "reviews.text")
def tupled_by_itertools(self, obj):
    rows = obj.reviews.all()
    return (
        [(a.rating, b.name) for a, b in itertools.product(rows, obj.tags.all())],
        [a.rating for a, b in itertools.zip_longest(rows, obj.tags.all())],
        [a.title for a, b in itertools.combinations(rows, 2)],
        [b.text for a, b in itertools.permutations(rows, 2)],
    )


@case(Product, "reviews.rating")
def accumulated(self, obj):
    return [row.rating for row in itertools.accumulate(obj.reviews.all(), lambda a, b: a if a.rating else b)]


@case(Product, "reviews.title", "name")
def ordered_dict(self, obj):
    found = collections.OrderedDict([("a", obj.reviews.all()[0])], b=obj)
    return found["a"].title, found["b"].name


@case(Product, "supplier.email", "category")
def last_of_a_tuple(self, obj):
    return (1, obj.category, obj.supplier)[-1].email


@case(Product, "reviews.*", says="passes the review to max()")
def hidden_arguments(self, obj):
    return max(*obj.reviews.all(), key=lambda row: row.rating).title


@case(Product, "reviews.*", says="passes the review rows to sorted()")
def hidden_options(self, obj):
    return len(sorted(obj.reviews.all(), **self.context["options"]))


@case(Product, "reviews.title", "name")
def any_number_of_arguments(self, obj):
    lists = [obj.reviews.all(), [obj]]
    return [row.title for row in itertools.chain(*lists)], [one.name for (one,) in zip(*lists, strict=False)]


@case(Product, "reviews.title")
def removed_from_a_list(self, obj):
    rows = list(obj.reviews.all())
    del rows[0], rows[1:]
    return rows[0].title


@case(Product, "supplier.email", "name")
def properties_of_an_object(self, obj):
    box = Setting()
    box.row = obj.supplier
    return box.row.email, Setting(obj)._row.name


class Setting:
    def __init__(self, row=None):
        super().__init__()
        self._row = row

    @property
    def row(self):
        return self._row

    @row.setter
    def row(self, row):
        self._row = row


def test_errors_in_groups_are_handled_like_others():
    if not hasattr(__import__("ast"), "TryStar"):
        return
    text = "def body(self, obj):\n    try:\n        row = obj.supplier\n    except* ValueError:\n        row = obj\n    return row.email\n"
    linecache.cache["<group>"] = (len(text), None, text.splitlines(keepends=True), "<group>")
    namespace = {"__name__": "group"}
    exec(compile(text, "<group>", "exec"), namespace)

    assert paths(read(namespace["body"])) == {"supplier.email"}


@pytest.mark.parametrize(("function", "model", "expected", "says"), CASES)
def test_the_body_reads(function, model, expected, says):
    found = read(function, model, child=_child, declared=_declared)
    messages = [f"{note.message} {note.remedy}" for note in notes(found)]

    assert paths(found) == expected
    assert any(says in message for message in messages) if says else not messages


def _child(cls: Any, model: Any) -> Requirement:
    return Requirement(model, {f"<{cls.__name__}>": frozenset([ORIGIN])})


def _declared(receiver: Any, model: Any) -> Requirement:
    return Requirement(model, {"<declared>": frozenset([ORIGIN])})
