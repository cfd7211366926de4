"""``manage.py check``, and ``--deploy``: one test for each id, and what must not be said or done."""

from __future__ import annotations

import datetime
from io import StringIO
from typing import Any

import pytest
from django.core import checks
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_init
from django.urls import path
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.response import Response

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.auditing import checks as auditing_checks
from drf_autoprefetch.auditing import declared, views
from drf_autoprefetch.auditing.checks import check_views
from drf_autoprefetch.auditing.declared import check_declared
from drf_autoprefetch.auditing.rules import RULES
from drf_autoprefetch.guarding.allowance_checks import check_allowances
from drf_autoprefetch.guarding.checks import bypassed, check_order
from drf_autoprefetch.loading.finding import clear_caches
from tests import registered
from tests.auditing import projects
from tests.examples import ModelSerializer, shows, unread
from tests.testapp.models import Author, Book, Genre, TaggedItem

pytestmark = pytest.mark.once

FAILED = "drf_autoprefetch.W004"
PAST = datetime.date(2020, 1, 1)


def listed(serializer: Any = projects.TITLE, *, model: Any = Book, **more: Any) -> Any:
    """Make a list view with the mixin."""
    attributes = {"queryset": model._default_manager.all(), "serializer_class": serializer, "__module__": __name__}
    return type("Listed", (AutoPrefetchMixin, ListAPIView), attributes | more)


@pytest.fixture
def said(settings, monkeypatch):
    """Return what is said of views under ``--deploy``; no connection is made for that."""

    def check(*found: Any, refused: bool = False) -> list[checks.CheckMessage]:
        clear_caches()
        settings.ROOT_URLCONF = registered.urls(*(path(f"{n}/", view.as_view()) for n, view in enumerate(found)))
        if not refused:
            monkeypatch.setattr(
                type(connections["default"]), "ensure_connection", lambda self: pytest.fail("connected")
            )
        return [each for each in check_views(AutoPrefetchMixin) if each.obj in found or each.id == FAILED]

    return check


def only(messages: list[checks.CheckMessage], id: str, level: int) -> str:
    """Return the words of the one message, which has an id, a level, a hint and an object."""
    (message,) = messages
    assert (message.id, message.level) == (f"drf_autoprefetch.{id}", level)
    assert message.hint
    assert message.obj
    return message.msg


# ---- Views, under --deploy


def test_a_planned_view_has_nothing_said_of_it(said):
    assert said(projects.Planned) == []


def test_e005_a_plan_fails(said):
    message = only(said(listed(projects.WITH_AUTHOR, prefetch_hints=[lambda context: "autor"])), "E005", checks.ERROR)

    assert message.startswith("Listed.get: planning failed: Listed.prefetch_hints: the hint 'autor' names 'autor'")


def test_w001_code_is_unread(said):
    view = listed(projects.UnreadSerializer)

    message = only(said(view), "W001", checks.WARNING)

    assert message.startswith("UnreadSerializer.shown (shown): what get_shown reads is unknown because")
    assert message.rpartition(" [")[2].startswith("tests/auditing/projects.py:")


def test_w002_a_field_is_handed_a_row(said):
    odd = shows(Book, "title", whole=serializers.IntegerField(source="author"))

    assert only(said(listed(odd)), "W002", checks.WARNING).startswith("BookSerializer.whole (whole): ")


def test_w003_no_prefetch_can_serve(said):
    def get_last(self: Any, book: Any) -> Any:
        return book.reviews.filter(rating=5).count()

    found = said(listed(shows(Book, "title", last=serializers.SerializerMethodField(), get_last=get_last)))

    assert only(found, "W003", checks.WARNING).startswith("BookSerializer.last (last): ")


def test_i001_a_view_has_no_mixin(said):
    view = type("Bare", (ListAPIView,), {"queryset": Book.objects.all(), "serializer_class": projects.WITH_AUTHOR})

    assert only(said(view), "I001", checks.INFO).startswith(
        "Bare: it has no AutoPrefetchMixin, so its rows are loaded as written. With it, get takes 1 query; 5 of 34"
    )


def test_i002_a_hint_names_no_columns(said):
    found = said(listed(projects.WholeSerializer))

    assert [each.id for each in found] == ["drf_autoprefetch.I002"] * 2
    assert found[0].msg.startswith("WholeSerializer.by (author): its hint names no columns of testapp.Author, so all 9")


def test_i003_a_plan_needs_a_request(said, db):
    def rows(self: Any) -> Any:
        return Author.objects.get(pk=1).books.all()

    assert "needs the database" in only(said(listed(get_queryset=rows), refused=True), "I003", checks.INFO)


@pytest.mark.parametrize(("more", "words"), [(1, "So does another view."), (3, "So do 3 views more.")])
def test_what_several_views_want_of_a_request_is_said_once(said, more, words):
    def rows(self: Any) -> Any:
        return Book.objects.filter(author__name=self.request.shop)

    found = said(*(type(f"Of{n}", (listed(get_queryset=rows),), {}) for n in range(more + 1)))

    message = only(found, "I003", checks.INFO)
    assert "has no attribute 'shop'." in message
    assert f" {words} [" in message


def test_i004_a_queryset_is_left_alone(said):
    assert "auto_prefetch is False" in only(said(listed(auto_prefetch=False)), "I004", checks.INFO)


def test_i005_code_of_the_view_sees_the_rows(said):
    def listing(self: Any, request: Any) -> Any:
        return Response(unread(self.filter_queryset(self.get_queryset())[0]))

    found = [each for each in said(listed(get=listing)) if each.id == "drf_autoprefetch.I005"]

    assert "it sees the rows too" in only(found, "I005", checks.INFO)


def test_i008_a_tree_is_cut(said):
    class Tree(ModelSerializer):
        class Meta:
            model = Genre
            fields = ["name", "children"]

        def get_fields(self) -> Any:
            return super().get_fields() | {"children": Tree(many=True)}

    assert "followed to MAX_DEPTH" in only(said(listed(Tree, model=Genre)), "I008", checks.INFO)


def test_i010_rows_that_no_field_reads(said):
    found = said(listed(queryset=Book.objects.select_related("author")))

    message = only(found, "I010", checks.INFO)
    assert message.startswith("Listed (author): its queryset joins testapp.Author, and no field reads a row of it.")
    assert found[0].hint == 'Take "author" out of the queryset.'


def test_what_asks_for_nothing_is_not_said(said):
    def look(instance: Any, **kwargs: Any) -> None: ...

    about = shows(TaggedItem, about=serializers.StringRelatedField(source="content_object"))
    post_init.connect(look, sender=Genre)
    try:
        found = said(listed(about, model=TaggedItem), listed(shows(Genre, "name"), model=Genre))
    finally:
        post_init.disconnect(look, sender=Genre)

    assert found == []


def test_a_view_without_rows_has_nothing_said_of_it(said):
    without = {"queryset": None, "serializer_class": projects.WITH_AUTHOR}

    assert said(type("Bare", (ListAPIView,), without), listed(queryset=None)) == []


def test_rows_that_code_out_of_sight_may_read_are_not_left_over(said):
    view = listed(projects.UnreadSerializer, queryset=Book.objects.prefetch_related("reviews"))

    assert [each.id for each in said(view)] == ["drf_autoprefetch.W001"]


def test_views_of_packages_are_nobodys_to_mend(said, monkeypatch):
    monkeypatch.setattr(views, "is_installed", lambda file: file.endswith("projects.py"))

    assert said(projects.Shop) == []


# ---- What may go wrong


def test_w004_a_view_that_cannot_be_audited_is_said(said, monkeypatch):
    def broken(*arguments: Any) -> Any:
        raise KeyError("gone")

    monkeypatch.setattr(views, "explain_unasked", broken)

    assert only(said(projects.Planned), "W004", checks.WARNING) == (
        "tests.auditing.projects.Planned:get: raises KeyError: 'gone'."
    )


def test_w004_an_audit_that_fails_as_a_whole_is_said(said, monkeypatch):
    def broken(*arguments: Any) -> Any:
        raise ImportError("no module")

    monkeypatch.setattr(auditing_checks, "registered_views", broken)

    assert only(said(projects.Planned), "W004", checks.WARNING) == (
        "drf_autoprefetch: the audit of all views raises ImportError: no module."
    )


def test_w004_a_check_that_fails_is_said_and_the_others_go_on(monkeypatch):
    def broken(*arguments: Any) -> Any:
        raise RuntimeError("oops.")

    monkeypatch.setattr(declared, "check_hints", broken)
    found = check_declared(AutoPrefetchMixin)

    assert [each.msg for each in found if each.id == FAILED] == [
        "drf_autoprefetch: the check of hints raises RuntimeError: oops."
    ]
    assert any(each.obj is projects.Backwards for each in found)


def test_queries_of_a_urlconf_are_refused_and_said(db, monkeypatch):
    def asking(bases: Any) -> Any:
        return list(Book.objects.all())

    monkeypatch.setattr(auditing_checks, "registered_views", asking)

    (found,) = check_views(AutoPrefetchMixin)
    assert found.msg.startswith("drf_autoprefetch: the audit of all views raises QueryRefused: SELECT … FROM")


def test_a_project_without_urls_has_no_views(settings):
    del settings.ROOT_URLCONF

    assert check_views(AutoPrefetchMixin) == []


def test_a_project_without_users_is_asked_by_nobody(said, monkeypatch):
    def no_users() -> Any:
        raise LookupError

    monkeypatch.setattr(auditing_checks, "made_up_user", no_users)

    assert said(projects.Planned) == []


# ---- What is declared


def test_e003_a_view_inherits_the_mixin_too_late():
    found = [each for each in check_order(AutoPrefetchMixin) if each.obj is projects.Backwards]

    assert only(found, "E003", checks.ERROR) == (
        "Backwards inherits ReadOnlyModelViewSet before AutoPrefetchMixin, which is never asked: nothing is planned."
    )
    assert found[0].hint == ("Write AutoPrefetchMixin first: class Backwards(AutoPrefetchMixin, ReadOnlyModelViewSet).")
    assert bypassed(projects.AlsoBackwards, AutoPrefetchMixin) is projects.Backwards
    assert bypassed(projects.Planned, AutoPrefetchMixin) is bypassed(projects.Plain, AutoPrefetchMixin) is None


def test_a_class_of_the_projects_own_may_come_first():
    class Own(ListAPIView[Any]):
        queryset = Book.objects.all()

    class Mixed(AutoPrefetchMixin, Own): ...

    class Further(Own, AutoPrefetchMixin, ListAPIView[Any]): ...

    assert bypassed(Mixed, AutoPrefetchMixin) is bypassed(Further, AutoPrefetchMixin) is None


@pytest.fixture
def allowed(settings):
    """Return what is said of entries of the allow list."""

    def check(*entries: Any) -> list[checks.CheckMessage]:
        settings.DRF_AUTOPREFETCH = {"ALLOW_UNPLANNED": list(entries)}
        return check_allowances()

    return check


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"path": "BookSerializer.stars"}, "has {'path': 'BookSerializer.stars'}; path and reason are needed."),
        ({"path": "stars", "reason": "x"}, "allow('stars') must name a serializer and its field"),
        ("BookSerializer.stars", "has 'BookSerializer.stars'; path and reason are needed."),
    ],
)
def test_e004_an_allowance_is_none(allowed, entry, message):
    assert message in only(allowed(entry), "E004", checks.ERROR)


def test_w011_an_allowance_has_had_its_time(allowed):
    found = allowed({"path": "UnreadSerializer.shown", "reason": "x", "until": PAST})

    assert only(found, "W011", checks.WARNING) == (
        "DRF_AUTOPREFETCH['ALLOW_UNPLANNED'] allowed 'UnreadSerializer.shown' until 2020-01-01, and does no longer."
    )


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("UnraedSerializer.shown", "but 'UnraedSerializer' is no serializer. Did you mean 'UnreadSerializer'?"),
        ("UnreadSerializer.shwon", "which is no field. Did you mean 'shown'?"),
        ("NotEvenNamed.author.city", "which is no field."),
    ],
)
def test_w012_an_allowance_names_nothing(allowed, path, problem):
    class NotEvenNamed(serializers.Serializer[Any]):
        name = serializers.CharField()

    message = only(allowed({"path": path, "reason": "x"}), "W012", checks.WARNING)

    assert message.startswith(f"DRF_AUTOPREFETCH['ALLOW_UNPLANNED'] names {path!r}, {problem}")


def test_an_allowance_of_what_there_is_or_may_be_is_fine(allowed):
    class Choosing(ModelSerializer):
        def get_fields(self) -> Any:
            return {name: field for name, field in super().get_fields().items() if name in self.context}

        class Meta:
            model = Book
            fields = ["title"]

    class Whole(ModelSerializer):
        class Meta:
            model = Book
            fields = "__all__"

    class Lists(serializers.ListSerializer[Any]): ...

    names = ("UnreadSerializer.shown", "Choosing.any.thing", "Whole.author", "Whole.author.city", "Lists.any")
    assert allowed(*({"path": name, "reason": "x"} for name in names)) == []


def test_the_allow_list_of_a_project_without_urls_is_checked(allowed, settings):
    del settings.ROOT_URLCONF

    assert len(allowed({"path": "UnraedSerializer.shown", "reason": "x"})) == 1


# ---- Registered with Django


def checked(settings: Any, **options: Any) -> str:
    """Return what the command says."""
    settings.ROOT_URLCONF = registered.urls(path("plain/", projects.Plain.as_view({"get": "list"})))
    err = StringIO()
    call_command("check", tags=["drf_autoprefetch"], stderr=err, stdout=err, fail_level="CRITICAL", **options)
    return err.getvalue()


def test_the_audit_is_for_deployment_alone_and_can_be_silenced(settings):
    assert "(drf_autoprefetch.I001)" not in checked(settings)
    deployed = checked(settings, deploy=True)
    assert "<class 'tests.auditing.projects.Plain'>: (drf_autoprefetch.I001) Plain: it has no AutoPrefetch" in deployed
    assert "\tHINT: Inherit AutoPrefetchMixin before the view class." in deployed
    # What is declared is told once.
    assert deployed.count("Backwards inherits ReadOnlyModelViewSet") == 1

    settings.SILENCED_SYSTEM_CHECKS = ["drf_autoprefetch.I001"]
    assert "(drf_autoprefetch.I001)" not in checked(settings, deploy=True)


def test_every_rule_has_an_id_of_its_own_that_says_how_severe_it_is():
    ids = [rule.check for rule in RULES.values() if rule.check]

    assert len(set(ids)) == len(ids) == len(RULES) - 3
    for rule in RULES.values():
        assert rule.check.removeprefix("drf_autoprefetch.")[:1] in (rule.severity.name[0], "", "I"), rule
        assert rule.meaning.endswith(".")
