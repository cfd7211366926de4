"""What a model's metadata says of its relations, and what each needs to be loaded safely."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.fields.related import ForeignObject, ManyToManyField

from .columns import concrete, hides_rows, inherited_columns, primary_key

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Relation:
    """One way from a model to related rows, as Python code spells it.

    ``name`` is the attribute on the instance; ``query_name`` is the name inside queries, which differs where
    ``related_query_name`` does. ``near`` and ``far`` are the columns that this side and the other side must load for
    the relation to work; they are all that ``only()`` needs to know to be safe. ``back`` is the attribute on each
    target that Django fills with the instance it was reached from; ``key`` is the one column that holds the target's
    key. ``model`` is None for a generic foreign key. ``certain`` is False where a key may point at a row that is not
    there: the database does not check it, or the target's base manager hides rows.

    ``kind`` is one of ``forward``, ``reverse_one``, ``reverse_many``, ``many_to_many``, ``generic_foreign_key``,
    ``generic_relation``, ``parent_link``, ``child_link``, ``sibling_link`` (from a multi-table child to a child of its
    parent: an attribute that queries do not know) or ``custom``: a third-party relation that accepts no queryset of
    ours.
    """

    name: str
    query_name: str
    owner: type[Model]
    model: type[Model] | None
    kind: str
    to_many: bool
    near: frozenset[str]
    far: frozenset[str]
    nullable: bool = True
    back: str = ""
    key: str = ""
    certain: bool = True

    @property
    def joinable(self) -> bool:
        """Whether ``select_related`` can follow it."""
        return self.kind in ("forward", "reverse_one", "child_link")

    @property
    def points_back(self) -> str:
        """The attribute on each target that is the instance it was reached from, however it was reached."""
        return self.back if self.kind in ("reverse_many", "reverse_one", "forward") else ""

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.name}"


def get_relation(model: type[Model], name: str) -> Relation | None:
    """Return the relation that instances of ``model`` have under the attribute ``name``, if there is one."""
    return relations(model).get(name)


@cache
def relations(model: type[Model]) -> dict[str, Relation]:
    """Return every relation of ``model`` by the attribute name under which instances have it."""
    found = [*_siblings(model), *_forward(model), *_reverse(model), *_generic(model)]
    return {relation.name: relation for relation in found}


@cache
def peers_cost_nothing(model: type[Model]) -> bool:
    """Return whether loading an unplanned relation for all rows at once never takes more queries than for one row.

    A generic foreign key takes one for each of its models; a parent link takes none for one row.
    """
    return all(relation.kind not in ("generic_foreign_key", "parent_link") for relation in relations(model).values())


@cache
def generic_targets(relation: Relation) -> tuple[type[Model], ...]:
    """Return the models that declare a generic relation back to a generic foreign key: where it is known to lead."""
    ours = next(field for field in relation.owner._meta.private_fields if field.name == relation.name)
    return tuple(
        model
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.private_fields
        if getattr(field, "object_id_field_name", "") == ours.fk_field
        and field.content_type_field_name == ours.ct_field
        and field.related_model is relation.owner
    )


def many_to_many_tables(relation: Relation) -> tuple[str, str, str, str, str] | None:
    """Return (through table, column to the owner, column to the target, target table, target column), if it is one."""
    if relation.kind != "many_to_many":
        return None
    field, reverse = _many_to_many_field(relation)
    through = field.remote_field.through._meta
    source, target = field.m2m_column_name(), field.m2m_reverse_name()
    target_column = field.m2m_target_field_name() if reverse else field.m2m_reverse_target_field_name()
    assert relation.model is not None
    column = relation.model._meta.get_field(target_column).column  # type: ignore[union-attr]
    if reverse:
        source, target = target, source
    return through.db_table, source, target, relation.model._meta.db_table, str(column)


def _forward(model: type[Model]) -> Iterator[Relation]:
    for field in (*model._meta.fields, *model._meta.private_fields):
        if isinstance(field, ForeignObject) and not hasattr(field, "object_id_field_name"):
            yield _to_one(model, field)
    for field in model._meta.many_to_many:
        yield _many_to_many(model, field)


def _to_one(model: type[Model], field: Any) -> Relation:
    remote = field.remote_field
    link = bool(getattr(remote, "parent_link", False)) and issubclass(model, remote.model)
    near = frozenset(local.attname for local in field.local_related_fields)
    return Relation(
        name=field.name,
        query_name=field.name,
        owner=model,
        model=remote.model,
        kind="parent_link" if link else "forward",
        to_many=False,
        near=near | inherited_columns(model, remote.model) if link else near,
        far=frozenset(foreign.attname for foreign in field.foreign_related_fields),
        nullable=bool(field.null),
        back="" if remote.multiple or remote.hidden else remote.get_accessor_name() or "",
        key=field.attname if field.concrete else "",
        certain=bool(getattr(field, "db_constraint", True)) and not hides_rows(remote.model),
    )


def _many_to_many(model: type[Model], field: Any) -> Relation:
    custom = not isinstance(field, ManyToManyField)
    near = primary_key(model) if custom else _m2m_near(field, field.m2m_field_name())
    return Relation(
        name=field.name,
        query_name=field.name,
        owner=model,
        model=field.remote_field.model,
        kind="custom" if custom else "many_to_many",
        to_many=True,
        near=near,
        far=frozenset(),
    )


def _m2m_near(field: Any, pointer: str) -> frozenset[str]:
    key = field.remote_field.through._meta.get_field(pointer)
    return frozenset(foreign.attname for foreign in key.foreign_related_fields)


def _many_to_many_field(relation: Relation) -> tuple[Any, bool]:
    for field in relation.owner._meta.many_to_many:
        if field.name == relation.name:
            return field, False
    remotes = (remote for remote in relation.owner._meta.related_objects if remote.many_to_many)
    return next(remote.field for remote in remotes if remote.get_accessor_name() == relation.name), True


def _reverse(model: type[Model]) -> Iterator[Relation]:
    for remote in model._meta.related_objects:
        name = remote.get_accessor_name()
        if name and has_attribute(model, name):
            yield _from_many(model, remote, name) if remote.many_to_many else _from_one(model, remote, name)


def _siblings(model: type[Model]) -> Iterator[Relation]:
    """The links down from a multi-table parent are attributes of its children too; their metadata leaves them out."""
    for parent in model._meta.all_parents:
        for relation in relations(parent).values():
            if relation.kind == "child_link" and has_attribute(model, relation.name):
                yield replace(relation, owner=model, kind="sibling_link", back="")


def _from_many(model: type[Model], remote: Any, name: str) -> Relation:
    field = remote.field
    return Relation(
        name=name,
        query_name=field.related_query_name(),
        owner=model,
        model=remote.related_model,
        kind="many_to_many" if isinstance(field, ManyToManyField) else "custom",
        to_many=True,
        near=_m2m_near(field, field.m2m_reverse_field_name()),
        far=frozenset(),
    )


def _from_one(model: type[Model], remote: Any, name: str) -> Relation:
    field = remote.field
    child = bool(remote.parent_link) and issubclass(remote.related_model, concrete(model))
    single = remote.one_to_one
    return Relation(
        name=name,
        query_name=field.related_query_name(),
        owner=model,
        model=remote.related_model,
        kind="child_link" if child else "reverse_one" if single else "reverse_many",
        to_many=not single,
        near=frozenset(foreign.attname for foreign in field.foreign_related_fields),
        far=frozenset(local.attname for local in field.local_related_fields),
        back=field.name,
        certain=not hides_rows(remote.related_model),
    )


def _generic(model: type[Model]) -> Iterator[Relation]:
    """Generic relations are recognised by what they have: contenttypes may not be installed, nor importable yet."""
    for field in model._meta.private_fields:
        if hasattr(field, "ct_field") and hasattr(field, "fk_field"):
            yield _generic_foreign_key(model, field)
        elif hasattr(field, "object_id_field_name"):
            yield _generic_relation(model, field)


def _generic_foreign_key(model: type[Model], field: Any) -> Relation:
    near = frozenset(_attname(model, name) for name in (field.ct_field, field.fk_field))
    return Relation(field.name, field.name, model, None, "generic_foreign_key", False, near, frozenset())


def _generic_relation(model: type[Model], field: Any) -> Relation:
    target = field.related_model
    far = frozenset(_attname(target, name) for name in (field.content_type_field_name, field.object_id_field_name))
    return Relation(field.name, field.name, model, target, "generic_relation", True, primary_key(model), far)


def _attname(model: type[Model], name: str) -> str:
    try:
        return str(model._meta.get_field(name).attname)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


def has_attribute(model: type[Model], name: str) -> bool:
    """Return whether the class has an attribute. Descriptors are not run: those of a project may query the database."""
    nothing = object()
    return inspect.getattr_static(model, name, nothing) is not nothing
