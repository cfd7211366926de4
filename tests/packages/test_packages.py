"""The same bytes, flat, and never worse: with the packages that real projects are made of."""

from __future__ import annotations

import inspect
import json
from typing import Any

import pytest
from adrf.serializers import ModelSerializer as AsyncSerializer
from adrf.viewsets import ModelViewSet as AsyncViewSet
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.db.models import Prefetch
from django_restql.mixins import DynamicFieldsMixin
from drf_writable_nested import WritableNestedModelSerializer
from guardian.shortcuts import assign_perm, get_objects_for_user
from modeltranslation.utils import get_translation_fields
from rest_flex_fields import FlexFieldsModelSerializer, FlexFieldsModelViewSet
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import ModelViewSet
from rest_framework_nested.relations import NestedHyperlinkedRelatedField
from rest_polymorphic.serializers import PolymorphicSerializer
from taggit.serializers import TaggitSerializer, TagListSerializerField

from drf_autoprefetch import AutoPrefetchMixin, watch
from tests.packages.models import (
    Article,
    ArtProject,
    Comment,
    Folder,
    Genre,
    Hall,
    News,
    Place,
    Poll,
    Product,
    Project,
    ResearchProject,
    Ticket,
)
from tests.recording import recording
from tests.testapp.models import Author
from tests.traps.answers import compare, shows, viewset

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rows")]

Named = shows(Author, "name")
FirstTicket = shows(Ticket, "title")


def one(model: Any) -> Any:
    return model.objects.order_by("pk").first()


# ---- Trees


class Tree(serializers.ModelSerializer[Genre]):
    def get_fields(self) -> Any:
        return {**super().get_fields(), "children": Tree(many=True)}

    class Meta:
        model = Genre
        fields = ["name"]


class Path(serializers.ModelSerializer[Genre]):
    ancestors = serializers.SerializerMethodField()
    leaf = serializers.BooleanField(source="is_leaf_node")

    def get_ancestors(self, genre: Genre) -> list[str]:
        return [each.name for each in genre.get_ancestors()]

    class Meta:
        model = Genre
        fields = ["name", "ancestors", "leaf", "parent", "level"]


def test_mptt() -> None:
    compare(viewset(Tree, Genre.objects.filter(parent=None)), queries=3)
    compare(viewset(Path, Genre.objects.all()))
    compare(viewset(shows(Article, "title", genre=shows(Genre, "name", parent=shows(Genre, "name")())())), queries=1)
    view = viewset(shows(Genre, "name", "parent"), Genre.objects.all())
    compare(view, "post", data={"name": "new", "parent": one(Genre).pk})
    compare(view, "patch", pk=Genre.objects.latest("pk").pk, data={"parent": one(Genre).pk})


def test_treebeard() -> None:
    parent = serializers.SerializerMethodField()
    view = viewset(
        shows(
            Folder,
            "name",
            parent=parent,
            get_parent=lambda self, folder: folder.get_parent() and folder.get_parent().name,
            below=serializers.SerializerMethodField(),
            get_below=lambda self, folder: [each.name for each in folder.get_children()],
            depth_=serializers.IntegerField(source="get_depth"),
        ),
        Folder.objects.all(),
    )
    compare(view)


# ---- Polymorphic models


class ProjectShown(PolymorphicSerializer):
    resource_type_field_name = "kind"
    model_serializer_mapping = {
        Project: shows(Project, "topic"),
        ArtProject: shows(ArtProject, "topic", "artist", lead=Named()),
        ResearchProject: shows(ResearchProject, "topic", supervisor=Named()),
    }


def test_polymorphic() -> None:
    compare(viewset(shows(Project, "topic", lead=Named()), Project.objects.all()))
    compare(viewset(shows(ArtProject, "topic", "artist", lead=Named()), ArtProject.objects.all()))
    compare(viewset(shows(Article, "title", project=shows(Project, "topic")())))
    compare(viewset(shows(Author, "name", projects=shows(Project, "topic")(many=True))))
    text = serializers.StringRelatedField[Any](source="project")
    compare(viewset(shows(Article, "title", text=text)))


def test_polymorphic_serializers() -> None:
    view = type("Projects", (ModelViewSet,), {"queryset": Project.objects.all(), "serializer_class": ProjectShown})
    compare(view)
    for project in Project.objects.order_by("pk")[:2]:
        compare(view, pk=project.pk)
        compare(view, "patch", pk=project.pk, data={"kind": type(project).__name__, "topic": "new"})
    compare(viewset(shows(Article, "title", project=ProjectShown())))


# ---- Translations


def test_parler() -> None:
    shown = shows(Product, "price", "title", title=serializers.CharField(), maker=Named())
    compare(viewset(shown, Product.objects.all()))
    compare(viewset(shown, Product.objects.prefetch_related("translations")), queries=2)
    compare(viewset(shows(Article, "title", product=shown())))
    with_all = shows(Product, "price", translations=serializers.SlugRelatedField("title", many=True, read_only=True))
    compare(viewset(with_all, Product.objects.all()), queries=2)


@pytest.mark.parametrize("language", ["en", "de"])
def test_modeltranslation(language: str, settings: Any) -> None:
    from django.utils.translation import override

    with override(language):
        answers = compare(viewset(shows(News, "title", author=Named()), News.objects.all()), queries=1)
        compare(viewset(shows(Author, "name", news=shows(News, "title")(many=True))), queries=2)
        compare(viewset(shows(News, *get_translation_fields("title")), News.objects.all()), queries=1)
    assert answers.planned.json[0]["title"] == {"en": "N0", "de": "D0"}[language]


# ---- Tags, history, tracking, soft deletion, inheritance


class Tagged(TaggitSerializer, serializers.ModelSerializer[Article]):
    tags = TagListSerializerField()

    class Meta:
        model = Article
        fields = ["title", "tags", "genre", "product", "project"]


def test_taggit() -> None:
    compare(viewset(Tagged), unordered=True)
    compare(viewset(Tagged, Article.objects.prefetch_related("tags")), queries=2, unordered=True)
    compare(viewset(Tagged), "patch", pk=one(Article).pk, data={"tags": ["new"]}, unordered=True)
    names = serializers.SlugRelatedField[Any]("name", many=True, read_only=True, source="tags")
    compare(viewset(shows(Article, "title", names=names)), unordered=True)
    compare(viewset(shows(Ticket, "title", article=Tagged())), unordered=True)


def test_simple_history() -> None:
    view = viewset(
        shows(
            Poll,
            "question",
            history=serializers.SlugRelatedField("question", many=True, read_only=True),
            changes=serializers.SerializerMethodField(),
            get_changes=lambda self, poll: poll.history.count(),
            author=Named(read_only=True),
        ),
        Poll.objects.all(),
    )
    compare(view)
    compare(view, "patch", pk=one(Poll).pk, data={"question": "new"})
    history = Poll.history.model
    compare(viewset(shows(history, "question", "history_type"), history.objects.all()), queries=1)


def test_model_utils() -> None:
    shown = shows(Ticket, "title", "status", comments=shows(Comment, "text")(many=True, read_only=True))
    compare(viewset(shown), queries=2)
    changed = serializers.SerializerMethodField()
    compare(viewset(shows(Ticket, changed=changed, get_changed=lambda self, row: row.tracker.changed())))
    compare(viewset(shown), "patch", pk=one(Ticket).pk, data={"title": "new"})
    compare(
        viewset(shows(Comment, "text", ticket=FirstTicket(read_only=True)), Comment.available_objects.all()), queries=1
    )
    compare(
        viewset(shows(Comment, "text"), Comment.available_objects.all()),
        "delete",
        pk=Comment.available_objects.earliest("pk").pk,
    )
    compare(viewset(shows(Place, "name"), Place.objects.select_subclasses()))
    seats = serializers.SerializerMethodField()
    counted = shows(Place, "name", seats=seats, get_seats=lambda self, place: getattr(place, "seats", None))
    compare(viewset(counted, Place.objects.select_subclasses()))
    compare(viewset(shows(Hall, "name", "seats"), Hall.objects.all()), queries=1)


# ---- Dynamic and nested serializers


class FlexAuthor(FlexFieldsModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name", "email", "city"]


class FlexProduct(FlexFieldsModelSerializer):
    class Meta:
        model = Product
        fields = ["id", "price", "maker"]
        expandable_fields = {"maker": FlexAuthor}


class FlexArticle(FlexFieldsModelSerializer):
    class Meta:
        model = Article
        fields = ["id", "title", "product"]
        expandable_fields = {
            "product": FlexProduct,
            "tickets": (FirstTicket, {"many": True}),
        }


@pytest.mark.parametrize(
    ("params", "queries"),
    [
        ({}, 1),
        ({"expand": "product"}, 1),
        ({"expand": "product.maker,tickets"}, 2),
        ({"fields": "title"}, 1),
        ({"omit": "product", "expand": "tickets"}, 2),
        ({"expand": "~all"}, 2),
    ],
)
def test_flex_fields(params: Any, queries: int) -> None:
    bases: Any = (FlexFieldsModelViewSet,)
    known = {
        "queryset": Article.objects.all(),
        "serializer_class": FlexArticle,
        "permit_list_expands": ["product", "product.maker", "tickets"],
    }
    view = type("Articles", bases, known)
    compare(view, params=params, queries=queries)
    compare(view, params=params, pk=one(Article).pk)


class RestqlTicket(DynamicFieldsMixin, serializers.ModelSerializer[Ticket]):
    class Meta:
        model = Ticket
        fields = ["id", "title", "status"]


class RestqlArticle(DynamicFieldsMixin, serializers.ModelSerializer[Article]):
    tickets = RestqlTicket(many=True, read_only=True)
    genre = shows(Genre, "name")(read_only=True)

    class Meta:
        model = Article
        fields = ["id", "title", "genre", "tickets"]


@pytest.mark.parametrize(
    ("query", "queries"),
    [("", 2), ("{title}", 1), ("{title, genre}", 1), ("{title, tickets{title}}", 2), ("{-tickets}", 1)],
)
def test_restql(query: str, queries: int) -> None:
    compare(viewset(RestqlArticle), params={"query": query} if query else {}, queries=queries)


class NestedTicket(serializers.ModelSerializer[Ticket]):
    class Meta:
        model = Ticket
        fields = ["id", "title", "text"]


class NestedArticle(WritableNestedModelSerializer):
    tickets = NestedTicket(many=True)

    class Meta:
        model = Article
        fields = ["id", "title", "tickets", "genre", "product", "project"]


def test_writable_nested() -> None:
    view = viewset(NestedArticle)
    compare(view, queries=2)
    article = one(Article)
    kept = article.tickets.first()
    data = {"title": "new", "tickets": [{"id": kept.pk, "title": "kept", "text": "x"}, {"title": "added", "text": "y"}]}
    compare(view, "patch", pk=article.pk, data=data)
    whole = {
        "title": "new",
        "tickets": [],
        "genre": article.genre_id,
        "product": article.product_id,
        "project": article.project_id,
    }
    compare(view, "put", pk=article.pk, data=whole)
    compare(view, "post", data={**whole, "tickets": [{"title": "first", "text": "z"}]})


def test_nested_routers() -> None:
    url = NestedHyperlinkedRelatedField(
        view_name="ticket-detail",
        many=True,
        read_only=True,
        source="tickets",
        parent_lookup_kwargs={"article_pk": "article__pk"},
    )
    compare(viewset(shows(Article, "title", urls=url)), queries=2)


# ---- Permissions and asynchronous views


def test_guardian() -> None:
    user = User.objects.create(username="ann")
    for article in Article.objects.all()[:3]:
        assign_perm("packages.view_article", user, article)

    class Articles(ModelViewSet[Article]):
        serializer_class = shows(Article, "title", genre=shows(Genre, "name")())

        def get_queryset(self) -> Any:
            return get_objects_for_user(self.request.user, "packages.view_article", Article)

    compare(Articles, user=user)


class AsyncShown(AsyncSerializer):
    genre = shows(Genre, "name")()

    class Meta:
        model = Article
        fields = ["title", "genre"]


@pytest.mark.parametrize("handler", ["alist", "aretrieve"])
def test_adrf(handler: str) -> None:
    """Its handlers hand the rows on, as those of DRF do."""
    found = {"pk": Article.objects.earliest("pk").pk} if handler == "aretrieve" else {}

    def answer(*bases: Any) -> tuple[bytes, int]:
        view = type("Articles", bases, {"queryset": Article.objects.order_by("pk"), "serializer_class": AsyncShown})

        async def ask() -> bytes:
            response = await view.as_view({"get": handler})(APIRequestFactory().get("/"), **found)
            return bytes(response.render().content)

        with recording() as record:
            content = async_to_sync(ask)()
        return content, len(record.queries)

    plain, planned = answer(AsyncViewSet), answer(AutoPrefetchMixin, AsyncViewSet)
    assert plain[0] == planned[0]
    assert planned[1] == 1 < plain[1]


@pytest.mark.parametrize("handler", ["alist", "aretrieve"])
def test_handlers_of_adrf_views_are_read(handler: str) -> None:
    class Own:
        queryset = Article.objects.order_by("pk")
        serializer_class = shows(Article, "pk")

        async def alist(self, request: Any) -> Response:
            rows = await sync_to_async(list)(await self.afilter_queryset(self.get_queryset()))  # type: ignore[attr-defined]
            return Response([row.title for row in rows])

        async def aget_object(self) -> Any:
            row = await super().aget_object()  # type: ignore[misc]
            return row if row.title else None

        async def aretrieve(self, request: Any, pk: int) -> Response:
            row = await self.aget_object()  # type: ignore[attr-defined]
            count = await self.get_queryset().acount()  # type: ignore[attr-defined]
            return Response([row.title, count])

    kwargs = {"pk": Article.objects.earliest("pk").pk} if handler == "aretrieve" else {}

    def answer(*bases: Any) -> tuple[bytes, list[str]]:
        async def ask() -> bytes:
            response = await type("Articles", bases, {}).as_view({"get": handler})(
                APIRequestFactory().get("/"), **kwargs
            )
            return bytes(response.render().content)

        with recording() as record:
            content = async_to_sync(ask)()
        assert not record.reloads
        return content, record.queries

    plain, planned = answer(Own, AsyncViewSet), answer(Own, AutoPrefetchMixin, AsyncViewSet)

    assert plain[0] == planned[0]
    assert len(planned[1]) <= len(plain[1])
    assert "text" in plain[1][0]
    assert "text" not in planned[1][0]


@pytest.mark.parametrize("handler", ["alist", "aretrieve", "list"])
def test_adrf_is_analyzed(handler: str, settings: Any) -> None:
    settings.DEBUG = True
    found = {"pk": Article.objects.earliest("pk").pk} if handler == "aretrieve" else {}
    attributes = {"queryset": Article.objects.order_by("pk"), "serializer_class": AsyncShown}
    view = type("Articles", (AutoPrefetchMixin, AsyncViewSet), attributes)

    async def ask(**asked: str) -> bytes:
        coming = view.as_view({"get": handler})(APIRequestFactory().get("/", asked), **found)
        response = await coming if inspect.isawaitable(coming) else coming
        return bytes((response.render() if hasattr(response, "render") else response).content)

    plain = async_to_sync(ask)()
    report = json.loads(async_to_sync(ask)(explain_prefetch="analyze"))
    analysis = report["analysis"]

    assert (report["action"], analysis["status"], analysis["error"]) == (handler, 200, "")
    assert (analysis["response_bytes"], analysis["same_response"]) == (len(plain), True)
    assert [(each["role"], each["node"]) for each in analysis["statements"]] == [("planned", "")]
    assert analysis["without_plan"]["queries"] > analysis["queries"] == 1


def test_adrf_is_watched() -> None:
    """Each field is shown in a thread of its own, where the serializer is not on the stack."""

    class Shown(AsyncSerializer):
        name = serializers.CharField(source="genre.parent.name", default=None)

        class Meta:
            model = Article
            fields = ["title", "name"]

    def findings(queryset: Any) -> list[Any]:
        attributes = {"queryset": queryset, "serializer_class": Shown, "auto_prefetch": False}
        view = type("Articles", (AutoPrefetchMixin, AsyncViewSet), attributes)

        async def ask() -> Any:
            return await view.as_view({"get": "alist"})(APIRequestFactory().get("/"))

        with watch() as seen:
            async_to_sync(ask)()
        return [(found.view, found.action, found.path, found.relation) for found in seen.findings]

    assert findings(Article.objects.select_related("genre__parent")) == []
    assert findings(Article.objects.all()) == [
        ("Articles", "alist", "Shown.name", "Article.genre"),
        ("Articles", "alist", "Shown.name", "Genre.parent"),
    ]


def test_a_prefetch_over_a_package_s_manager() -> None:
    rows = Article.objects.prefetch_related(Prefetch("tickets", Ticket.objects.order_by("-pk")))
    compare(viewset(shows(Article, "title", tickets=FirstTicket(many=True)), rows), queries=2)
