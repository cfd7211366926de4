"""A plan as plain data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Count, Prefetch
from rest_framework import serializers

from drf_autoprefetch import apply_plan, plan_for, prefetch_hint
from drf_autoprefetch.explaining.reports import Report, headline, note_data, report_data
from drf_autoprefetch.notes import Note, Origin
from drf_autoprefetch.planning.planner import make_plan
from drf_autoprefetch.planning.plans import Plan
from drf_autoprefetch.reading.relations import get_relation
from drf_autoprefetch.reading.requirements import Edge, Requirement
from tests.examples import HERE, ModelSerializer, needs, shows, unread
from tests.testapp.models import Author, Book, City, Comment, Copy, Genre, Review

NAMED = shows(
    Book,
    "title",
    author=shows(Author, "name", city=shows(City, "name")())(),
    reviews=shows(Review, "rating")(many=True),
)


def report(plan: Plan | None, *notes: Note, queryset: Any = None, **more: Any) -> Report:
    return Report("BookView", "list", "BookSerializer", plan, notes, queryset, False, 0.0123, **more)


def data_of(serializer: Any, **more: Any) -> dict[str, Any]:
    plan = plan_for(serializer)
    return report_data(report(plan, queryset=apply_plan(plan, Book.objects.all()), **more))


def paths(node: dict[str, Any]) -> Any:
    """Return the tree of a plan's paths."""
    return {node["path"]: [paths(below) for below in node["related"]]}


def test_a_report_says_who_asked_and_what_it_takes():
    data = data_of(NAMED)

    assert {name: data[name] for name in ("version", "view", "action", "serializer", "queries", "notes", "timing")} == {
        "version": 1,
        "view": "BookView",
        "action": "list",
        "serializer": "BookSerializer",
        "queries": 2,
        "notes": [],
        "timing": {"cached": False, "plan_milliseconds": 12.3},
    }


def test_a_report_is_json():
    data = data_of(NAMED)

    assert json.loads(json.dumps(data)) == data


def test_the_headline_counts_queries_and_columns():
    assert headline(plan_for(NAMED)) == "2 queries; 11 of 44 columns"
    assert headline(plan_for(shows(City, "name"))) == "1 query; 2 of 4 columns"
    assert headline(None) == "no plan: the queryset is left as it was"


def test_everything_loaded_counts_as_all_columns():
    everything = shows(City, "pk", x=serializers.SerializerMethodField(), get_x=lambda self, city: unread(city))

    assert headline(plan_for(everything)) == "1 query; 4 of 4 columns"


def test_the_tree_hangs_joins_and_prefetches_where_they_lead():
    assert paths(data_of(NAMED)["plan"]) == {"": [{"author": [{"author.city": []}]}, {"reviews": []}]}


def test_a_prefetch_hangs_below_the_join_it_leads_through():
    book = shows(Book, reviews=shows(Review, "rating")(many=True))
    plan = plan_for(shows(Copy, book=book()))

    assert paths(report_data(report(plan))["plan"]) == {"": [{"book": [{"book.reviews": []}]}]}


def test_a_node_says_what_is_loaded_why_and_for_whom():
    author = data_of(NAMED)["plan"]["related"][0]
    (origin,) = author.pop("origins")
    (read,) = author.pop("reads").pop("name")

    assert (origin["by"], read["by"], read["kind"]) == ("BookSerializer.author", "AuthorSerializer.name", "field")
    assert {key: value for key, value in author.items() if key != "related"} == {
        "path": "author",
        "model": "testapp.Author",
        "strategy": "join",
        "why": "one row at most for each parent",
        "columns": ["id", "name", "city_id"],
        "dropped": ["created", "updated", "email", "biography", "born", "mentor_id"],
        "sql": None,
        "annotations": [],
        "everything": [],
    }


def test_all_columns_are_loaded_for_somebody():
    everything = shows(City, "name", x=serializers.SerializerMethodField(), get_x=lambda self, city: unread(city))
    root, *others = (report_data(report(plan_for(each)))["plan"] for each in (everything, shows(City, "name")))

    assert [(origin["by"], origin["kind"]) for origin in root["everything"]] == [("CitySerializer.x", "method body")]
    assert (root["dropped"], [other["everything"] for other in others]) == ([], [[]])


def test_each_query_has_its_sql():
    plan = data_of(NAMED)["plan"]

    assert plan["sql"]["text"].startswith("SELECT ")
    assert plan["related"][1]["sql"]["text"].startswith("SELECT ")
    assert plan["related"][0]["sql"] is None


def test_without_a_queryset_the_root_has_no_sql():
    assert report_data(report(plan_for(NAMED)))["plan"]["sql"] is None


@pytest.mark.parametrize(("shown", "parameters"), [(False, None), (True, ["7"])])
def test_parameters_are_kept_to_oneself_unless_asked_for(shown, parameters):
    plan = plan_for(NAMED)
    data = report_data(report(plan, queryset=apply_plan(plan, Book.objects.filter(pages=7)), show_parameters=shown))

    assert data["plan"]["sql"]["parameters"] == parameters


def test_annotations_are_named():
    class Counted(ModelSerializer):
        stars = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["stars"]

        @prefetch_hint(annotate={"star_count": Count("review")})
        def get_stars(self, book: Any) -> Any: ...

    assert report_data(report(plan_for(Counted)))["plan"]["annotations"] == ["star_count"]


def test_a_declared_attribute_names_the_path():
    hint = Prefetch("reviews", Review.objects.all(), to_attr="public")
    plan = make_plan(needs(shows(Book, "title"), Book, [hint]))

    assert paths(report_data(report(plan))["plan"]) == {"": [{"public": []}]}


def test_a_relation_that_is_joined_and_prefetched_under_another_name_is_two_nodes():
    hint = Prefetch("author", Author.objects.all(), to_attr="penman")
    plan = make_plan(needs(shows(Book, "title", author=shows(Author, "name")()), Book, [hint]))

    assert paths(report_data(report(plan))["plan"]) == {"": [{"author": []}, {"penman": []}]}


def test_targets_that_are_not_known_are_loaded_as_django_finds_them():
    plan = make_plan(needs(shows(Comment, "text"), Comment, ["subject"]))
    (node,) = report_data(report(plan))["plan"]["related"]

    assert (node["path"], node["model"], node["why"], node["columns"]) == (
        *("subject", None, "its targets are loaded as Django finds them", None),
    )


def test_rows_of_a_third_partys_relation_are_one_node_with_what_lies_beyond():
    genres = get_relation(Book, "genres")
    assert genres is not None
    parent = needs(shows(Genre, "name", parent=shows(Genre, "name")()))
    edge = Edge(replace(genres, kind="custom"), {Genre: parent}, origins=frozenset([HERE]))
    tree = report_data(report(make_plan(Requirement(Book, edges={"genres": edge}))))["plan"]

    assert paths(tree) == {"": [{"genres": [{"genres.parent": []}]}]}
    assert [origin["by"] for origin in tree["related"][0]["origins"]] == ["BookSerializer.title"]


def test_a_declared_generic_prefetch_is_loaded_with_the_querysets_it_names():
    hint = GenericPrefetch("subject", [Book.objects.only("title"), Author.objects.all()])
    plan = make_plan(needs(shows(Comment, "text"), Comment, [hint]))
    nodes = report_data(report(plan))["plan"]["related"]

    assert [(node["path"], node["model"], node["why"]) for node in nodes] == [
        ("subject", "testapp.Book", "a GenericPrefetch with its own queryset is declared"),
        ("subject", "testapp.Author", "a GenericPrefetch with its own queryset is declared"),
    ]
    assert nodes[0]["sql"]["text"].startswith("SELECT ")


def test_a_report_without_a_plan_has_notes_alone():
    note = Note("left-alone", "", "it is a union.", "Call optimize().", HERE)
    data = report_data(report(None, note))

    assert (data["plan"], data["queries"], data["headline"]) == (None, None, "no plan: the queryset is left as it was")
    assert data["notes"] == [note_data(note)]
    assert note_data(note) == {
        "id": "left-alone",
        "severity": "note",
        "path": "",
        "about": "BookSerializer.title",
        "message": "it is a union.",
        "remedy": "Call optimize().",
        "place": "shop/serializers.py:41",
    }


def test_notes_come_gravest_first_and_each_once():
    failed, alone = (Note(id, "", "", "", Origin("BookView", "")) for id in ("planning-failed", "left-alone"))
    method: dict[str, Any] = {"x": serializers.SerializerMethodField(), "get_x": lambda self, row: unread(row)}
    plan = plan_for(shows(Book, reviews=shows(Review, **method)(many=True), **method))

    assert [(note.id, note.path) for note in report(plan, alone, failed, alone).all_notes] == [
        ("planning-failed", ""),
        ("code-unread", "reviews.x"),
        ("code-unread", "x"),
        ("left-alone", ""),
    ]
