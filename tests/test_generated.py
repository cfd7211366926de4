"""The laws hold for serializer trees that nobody wrote: hypothesis draws them from the models' own relations."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from rest_framework import serializers

from drf_autoprefetch import prefetch_hint
from tests import recording
from tests.laws import Shape, check_laws, check_never_other

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("library")]

Model = type[models.Model]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Path = tuple[str, ...]

#: What the hinted ``__str__`` methods read.
TEXTS = {"Author": ("name",), "Book": ("title", "author__name"), "Publisher": ("name", "city__name")}
#: Targets whose rows come in no order (Footnote, Series), or with joins that nothing reads (Contract).
LEFT_OUT = ("Footnote", "Series", "Contract")
#: Relations without a column of their own, which Django does not join where any column is deferred.
PSEUDO = ("seat",)
ROOTS = [each for each in apps.get_app_config("testapp").get_models() if each.__name__ not in (*LEFT_OUT, "Branch")]


@dataclass
class Tree:
    """Fields, the relations that they follow, each once, and what they read."""

    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = field(default_factory=dict)
    ones: set[Path] = field(default_factory=set)
    lists: set[Path] = field(default_factory=set)
    reads: set[tuple[str, str]] = field(default_factory=set)
    methods: dict[str, Any] = field(default_factory=dict)

    def read(self, model: Model, attname: str) -> None:
        """Remember that a column is read."""
        self.reads |= {recording.column(model, attname)}
        self.reads |= {recording.column(model, size) for size in recording.dimension_columns(model, attname)}

    def follow(self, model: Model, relation: str) -> Model:
        """Remember that a relation is followed, and return where to."""
        ends = recording.ends(model, relation)
        end: Model = recording.relations(model)[relation].related_model
        self.reads |= ends.near | ends.far | set(recording.key_columns(end))
        return end

    def add(self, name: str, new: serializers.Field[Any, Any, Any, Any], path: Path, to_many: bool) -> None:
        """Add a field at the end of a path of relations, all of them to-one but perhaps the last."""
        self.fields[name] = new
        self.ones |= {path[:length] for length in range(1, len(path) + (not to_many))}
        self.lists |= {path} if to_many else set()

    def graft(self, path: Path, below: Tree) -> None:
        """Add what a nested serializer follows."""
        self.ones |= {path + each for each in below.ones}
        self.lists |= {path + each for each in below.lists}
        self.reads |= below.reads

    @property
    def queries(self) -> int:
        """The most queries that an expert needs: joins beyond eight in one query are queries of their own.

        So is the audio book of an audio book, which tracks take theirs for.
        """
        around = [path for path in self.ones if path[-3:] == ("tracks", "medium", "audiobook")]
        return 1 + len(self.lists) + len(around) + max(0, len(self.ones) - 8)


def columns(model: Model) -> list[str]:
    return [each.attname for each in model._meta.concrete_fields if not each.is_relation]


def slugs(model: Model) -> list[str]:
    return [each.name for each in model._meta.concrete_fields if isinstance(each, models.CharField | models.TextField)]


def followed(model: Model, *, to_many: bool) -> list[str]:
    """Return the relations of a model that trees may follow."""
    return sorted(
        name
        for name, relation in recording.relations(model).items()
        if relation.related_model
        and relation.related_model._meta.app_label == "testapp"
        and relation.related_model.__name__ not in LEFT_OUT
        and not getattr(getattr(relation, "remote_field", None), "parent_link", False)
        and bool(relation.one_to_many or relation.many_to_many) is to_many
    )


def empty_or(draw: Draw) -> dict[str, Any]:
    """Draw what a field shows where a hop is null."""
    drawn: dict[str, Any] = draw(st.sampled_from([{"default": None}, {"required": False}, {"allow_null": True}]))
    return drawn


def column(draw: Draw, model: Model, tree: Tree, name: str, depth: int) -> None:
    source = draw(st.sampled_from(columns(model)))
    is_file = isinstance(model._meta.get_field(source), models.FileField)
    tree.read(model, source)
    tree.fields[name] = serializers.FileField(source=source) if is_file else serializers.ReadOnlyField(source=source)


def dotted(draw: Draw, model: Model, tree: Tree, name: str, depth: int) -> None:
    """Draw a source of one to three hops."""
    path: Path = ()
    while (hops := followed(model, to_many=False)) and (not path or (len(path) < 3 and draw(st.booleans()))):
        path += (draw(st.sampled_from(hops)),)
        model = tree.follow(model, path[-1])
    attname = draw(st.sampled_from(columns(model)))
    tree.read(model, attname)
    shown = serializers.CharField(source=".".join((*path, attname)), **empty_or(draw))
    tree.add(name, shown, path, to_many=False)


def related(draw: Draw, model: Model, tree: Tree, name: str, depth: int) -> None:
    """Draw one of DRF's related fields, for one or many."""
    many = draw(st.booleans())
    if not (names := followed(model, to_many=many)):
        return column(draw, model, tree, name, depth)
    relation = draw(st.sampled_from(names))
    end = tree.follow(model, relation)
    options: dict[str, Any] = {"source": relation, "read_only": True} | ({"many": True} if many else {})
    view = f"{end._meta.model_name}-detail"
    kinds: dict[Callable[[], Any], bool] = {
        lambda: serializers.PrimaryKeyRelatedField(**options): True,
        lambda: slug(draw, end, tree, options): True,
        lambda: text((relation,), end, tree, options): end.__name__ in TEXTS,
        lambda: serializers.HyperlinkedRelatedField(view_name=view, **options): len(end._meta.pk_fields) == 1,
    }
    tree.add(name, draw(st.sampled_from([kind for kind, fits in kinds.items() if fits]))(), (relation,), to_many=many)


def slug(draw: Draw, end: Model, tree: Tree, options: dict[str, Any]) -> Any:
    attname = draw(st.sampled_from(slugs(end)))
    tree.read(end, attname)
    return serializers.SlugRelatedField(slug_field=attname, **options)


def text(path: Path, end: Model, tree: Tree, options: dict[str, Any]) -> Any:
    *hops, attname = TEXTS[end.__name__][-1].split("__")
    tree.read(end, TEXTS[end.__name__][0])
    for hop in hops:
        path += (hop,)
        end = tree.follow(end, hop)
        tree.ones.add(path)
    tree.read(end, attname)
    return serializers.StringRelatedField(**{name: each for name, each in options.items() if name != "read_only"})


def nested(draw: Draw, model: Model, tree: Tree, name: str, depth: int) -> None:
    many = draw(st.booleans())
    names = followed(model, to_many=many)
    if not depth or not names:
        return dotted(draw, model, tree, name, depth)
    relation = draw(st.sampled_from(names))
    cls, below = serializer(draw, tree.follow(model, relation), depth - 1)
    tree.add(name, cls(source=relation, many=True) if many else cls(source=relation), (relation,), to_many=many)
    tree.graft((relation,), below)


def starred(draw: Draw, model: Model, tree: Tree, name: str, depth: int) -> None:
    if not depth:
        return column(draw, model, tree, name, depth)
    cls, below = serializer(draw, model, depth - 1)
    tree.fields[name] = cls(source="*")
    tree.graft((), below)


def hinted(draw: Draw, model: Model, tree: Tree, name: str, depth: int) -> None:
    """Draw a method with a hint: up to two relations, for one or many, and a column."""
    path: Path = ()
    for many in draw(st.lists(st.booleans(), max_size=2)):
        if names := followed(model, to_many=many):
            path += (draw(st.sampled_from(names)),)
            model = tree.follow(model, path[-1])
            tree.add(name, serializers.SerializerMethodField(), path, to_many=many)
    attname = draw(st.sampled_from(columns(model)))
    tree.read(model, attname)
    tree.fields[name] = serializers.SerializerMethodField()
    tree.methods[f"get_{name}"] = method((*path, attname))


def method(path: Path) -> Any:
    """Make a method of a serializer that says what it reads, and reads it."""

    @prefetch_hint("__".join(path))
    def get(self: Any, instance: models.Model) -> Any:
        return walk(instance, path)

    return get


def walk(value: Any, path: Path) -> Any:
    """Follow a path through rows, lists of rows, and what is missing."""
    if hasattr(value, "all"):
        return [walk(each, path) for each in value.all()]
    if not path or value is None:
        return None if value is None else str(value)
    return walk(getattr(value, path[0], None), path[1:])


KINDS = (column, dotted, related, nested, nested, starred, hinted)


def serializer(draw: Draw, model: Model, depth: int) -> tuple[type[serializers.Serializer[Any]], Tree]:
    """Draw a serializer class for a model, with at most `depth` levels below it."""
    tree = Tree()
    for number in range(draw(st.integers(1, 4))):
        draw(st.sampled_from(KINDS))(draw, model, tree, f"f{number}", depth)
    meta = type("Meta", (), {"model": model, "fields": list(tree.fields)})
    body = {**tree.fields, **tree.methods}
    if draw(st.booleans()):
        return type(f"{model.__name__}Serializer", (serializers.ModelSerializer,), {**body, "Meta": meta}), tree
    return type(f"Any{model.__name__}", (serializers.Serializer,), body), tree


@st.composite
def shapes(draw: Draw) -> Shape:
    model = draw(st.sampled_from(ROOTS))
    cls, tree = serializer(draw, model, depth=3)
    return Shape(
        name=cls.__name__,
        serializer=cls,
        queryset=model._default_manager.all,
        queries=tree.queries,
        exact=False,
        reads=frozenset(tree.reads),
        # Models that read themselves are loaded in full.
        unknown=frozenset({"Member", "Ledger"}),
    )


def joined(draw: Draw, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Draw a join, unless `only()` has left out the keys that joins need."""
    left_out, deferring = rows.query.deferred_loading
    names = [name for name in followed(rows.model, to_many=False) if deferring and not (left_out and name in PSEUDO)]
    return rows.select_related(query_name(rows.model, draw(st.sampled_from(names)))) if names else rows


def prefetched(draw: Draw, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    names = followed(rows.model, to_many=draw(st.booleans()))
    return rows.prefetch_related(draw(st.sampled_from(names))) if names else rows


def prefetched_backwards(draw: Draw, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Draw a Prefetch with a queryset of its own."""
    model: Any = rows.model
    if not (names := followed(model, to_many=True)):
        return rows
    name = draw(st.sampled_from(names))
    below = recording.relations(model)[name].related_model._default_manager.order_by("-pk")
    return rows.prefetch_related(models.Prefetch(name, below))


def trimmed(draw: Draw, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    joins = rows.query.select_related
    if isinstance(joins, dict) and set(joins) & set(PSEUDO):
        return rows
    names = draw(st.lists(st.sampled_from(columns(rows.model)), min_size=1, max_size=3))
    return rows.defer(*names) if rows.query.select_related or draw(st.booleans()) else rows.only(*names)


def sorted_(draw: Draw, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    hops = followed(rows.model, to_many=False)
    path = [draw(st.sampled_from(hops)), "pk"] if hops and draw(st.booleans()) else ["pk"]
    name = "__".join(query_name(rows.model, each) for each in path)
    return rows.order_by(draw(st.sampled_from(["", "-"])) + name, "-pk")


def counted(draw: Draw, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    names = [query_name(rows.model, name) for name in followed(rows.model, to_many=True)]
    return rows.annotate(counted=models.Count(draw(st.sampled_from(names)))).order_by("pk") if names else rows


def query_name(model: Model, name: str) -> str:
    """Return what queries call a relation: the accessor's name, or not."""
    relation = recording.relations(model).get(name)
    return name if relation is None or relation.concrete or not relation.auto_created else relation.name


WRITTEN = (joined, prefetched, prefetched_backwards, trimmed, sorted_, counted)


@st.composite
def written(draw: Draw) -> Shape:
    """Draw a shape whose queryset does a few things by itself."""
    shape: Shape = draw(shapes())
    rows = shape.queryset()
    # Two prefetches of one relation would be an error.
    changes = draw(
        st.lists(
            st.sampled_from(WRITTEN), min_size=1, max_size=4, unique_by=lambda change: change.__name__.partition("_")[0]
        )
    )
    for change in changes:
        rows = change(draw, rows)
    changed: Shape = replace(shape, queryset=rows.all)
    return changed


PROFILE = settings(
    deadline=None,
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "40")),
    derandomize="CI" in os.environ,
    # The library is filled once, and only read.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@PROFILE
@given(shape=shapes())
def test_a_generated_tree_keeps_the_laws(shape: Shape) -> None:
    note(repr(shape.serializer()))

    check_laws(shape)


@PROFILE
@given(shape=written())
def test_a_generated_tree_leaves_a_written_queryset_its_answer(shape: Shape) -> None:
    note(f"{shape.serializer()!r}\n{shape.queryset().query}")

    check_never_other(shape)
