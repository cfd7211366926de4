"""The hint that a note tells to write instead of a query for each row can be written as it stands."""

from __future__ import annotations

import linecache
import re
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import Avg, Count, F, Max, Prefetch, Q, Sum

from drf_autoprefetch.notes import Note, Origin
from drf_autoprefetch.reading.hints import hint_of, prefetch_hint
from drf_autoprefetch.reading.methods import Subject, read_body
from drf_autoprefetch.reading.requirements import nothing
from tests.bodies import models
from tests.bodies.cases import notes
from tests.bodies.models import Product
from tests.test_method_bodies import rows

__all__ = ["rows"]

pytestmark = [pytest.mark.once, pytest.mark.django_db]

NAMES = {name: each for name, each in vars(models).items() if isinstance(each, type)}
NAMES |= {"Avg": Avg, "Count": Count, "F": F, "Max": Max, "Sum": Sum, "Q": Q, "Prefetch": Prefetch}
CONTEXT = {"user": SimpleNamespace(pk=1), "least": 2}
numbers = count()


def told(text: str, model: Any = Product) -> Note:
    """The note on a method with one line."""
    file = f"<rewriting {next(numbers)}>"
    lines = f"def body(self, row):\n    return {text}\n"
    linecache.cache[file] = (len(lines), None, lines.splitlines(keepends=True), file)
    namespace = {**NAMES, "__name__": "rewriting"}
    exec(compile(lines, file, "exec"), namespace)
    subject = Subject(model, Origin("Products", "x"), "x", receiver=object(), returned=nothing)
    (found,) = notes(read_body(namespace["body"], subject))
    return found


def loaded(note: Note, model: Any = Product) -> tuple[list[Any], str]:
    """The rows as the hint loads them, and what is to be read from them."""
    written, read = re.fullmatch(r"Write @prefetch_hint\((.*)\) above it, and read (.*) there\.", note.remedy).groups()  # type: ignore[union-attr]
    hint = hint_of(eval(f"prefetch_hint({written})(lambda row: 0)", {**NAMES, "prefetch_hint": prefetch_hint}))
    assert hint is not None
    entries = [entry(CONTEXT) if callable(entry) else entry for entry in hint.entries]
    annotate = hint.annotate(CONTEXT) if callable(hint.annotate) else hint.annotate
    return list(model.objects.order_by("pk").annotate(**annotate).prefetch_related(*entries)), read


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("row.reviews.filter(public=True).count()", "public_reviews_count"),
        ("row.reviews.exclude(public=True).filter(rating=2).count()", "public_reviews_count"),
        ("row.reviews.distinct().count()", "distinct_reviews_count"),
        ("row.reviews.filter(rating__gte=self.context['least']).count()", "rating_reviews_count"),
        ("row.reviews.aggregate(Avg('rating'))['rating__avg']", "reviews_avg"),
        ("row.reviews.filter(public=True).aggregate(most=Max('rating'))['most']", "most"),
        ("row.tags.filter(color='red').exists()", "color_tags_count"),
        ("row.category.products.filter(stock=3).count()", "stock_products_count"),
    ],
)
def test_numbers_are_those_that_the_database_computes(text, read):
    found, names = loaded(told(text))

    for row in found:
        value = eval(text, {**NAMES, "row": row, "self": SimpleNamespace(context=CONTEXT)})
        assert (bool(getattr(row, read)) if value in (True, False) else getattr(row, read)) == value
    assert names == read


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("row.reviews.filter(public=True)", "public_reviews"),
        ("row.reviews.filter(Q(public=True))", "filter_reviews"),
        ("row.reviews.order_by('-rating')", "rating_reviews"),
        ("row.reviews.exclude(public=True).order_by('title').iterator()", "public_reviews"),
        ("row.reviews.filter(author_id=self.context['user'].pk)", "author_id_reviews"),
        ("row.reviews.filter(**self.context.get('by', {}))", "filter_reviews"),
    ],
)
def test_rows_are_those_of_the_prefetch(text, read):
    found, names = loaded(told(text))

    for row in found:
        assert getattr(row, read) == list(eval(text, {**NAMES, "row": row, "self": SimpleNamespace(context=CONTEXT)}))
    assert names == read


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("row.reviews.filter(public=True).first()", "public_reviews"),
        ("row.tags.first()", "first_tags"),
        ("row.tags.last()", "last_tags"),
        ("row.reviews.last()", "last_reviews"),
        ("row.tags.order_by('name').last()", "name_tags"),
        ("row.reviews.get(rating=2)", "rating_reviews"),
        ("row.reviews.latest('rating')", "rating_reviews"),
        ("row.reviews.earliest('-rating')", "rating_reviews"),
        ("row.reviews.latest(F('rating'))", "latest_reviews"),
    ],
)
def test_one_row_is_the_first_of_the_prefetch(text, read):
    found, names = loaded(told(text))

    for row in found:
        rows = getattr(row, read)
        try:
            assert eval(text, {"F": F, "row": row}) == (rows[0] if rows else None)
        except (models.Review.DoesNotExist, models.Review.MultipleObjectsReturned):
            assert len(rows) != 1
    assert names == f"the first of {read}"


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("list(row.tags.iterator())", "Read tags.all() instead, which is prefetched."),
        (
            "row.tags.values_list('name', flat=True)",
            "Read name of each row of tags.all() instead, which is prefetched.",
        ),
        ("row.reviews.get()", "Read reviews.all() instead, which is prefetched."),
        ("row.reviews.aggregate(Avg(F('rating')))", "Read reviews.all() instead, which is prefetched."),
        ("row.reviews.latest()", "Choose among the rows of reviews.all() in Python instead, which is prefetched."),
        ("row.tags.values()", "Read the columns of each row of tags.all() instead, which is prefetched."),
        (
            "row.reviews.filter(author=row.supplier)",
            "Choose among the rows of reviews.all() in Python instead, which is prefetched.",
        ),
        (
            "[row.reviews.filter(title=each) for each in 'ab']",
            "Choose among the rows of reviews.all() in Python instead, which is prefetched.",
        ),
        (
            "Review.objects.filter(product=row, public=True)",
            "Choose among the rows of reviews.all() in Python instead, which is prefetched.",
        ),
        (
            "Review.objects.filter(rating=row.stock)",
            "Declare what it finds: a Prefetch of Review or an annotation in @prefetch_hint(…) above it.",
        ),
    ],
)
def test_rows_that_differ_for_each_row_are_chosen_among_in_python(text, remedy):
    assert told(text).remedy == remedy


def test_a_note_names_the_way_to_the_rows():
    assert told("row.supplier.orders.filter(status='open')").message.startswith(
        "body calls supplier.orders.filter(status='open'), which runs a query for each person,"
    )


def test_numbers_for_each_of_many_rows_are_not_those_of_the_row():
    note = told("[each.author.orders.filter(status='open').count() for each in row.reviews.all()]")

    assert "Prefetch(\"reviews__author__orders\", Order.objects.filter(status='open'), to_attr=" in note.remedy


@pytest.mark.parametrize(
    "text",
    [
        "filter(public=True).aggregate(Avg(F('rating') * 2))",
        "filter(Q(public=True)).count()",
        "filter(public=True).order_by('pk').values_list('title')",
        "filter(public=True).in_bulk()",
    ],
)
def test_what_is_not_so_plain_is_a_prefetch(text):
    assert 'Prefetch("reviews", Review.objects.filter(' in told(f"row.reviews.{text}").remedy
