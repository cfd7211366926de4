"""What a model's metadata says of its columns, and of what happens when its rows are loaded."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Manager, Model, signals
from django.db.models.fields.files import FileDescriptor, FileField, ImageField
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import Field


@cache
def all_columns(model: type[Model]) -> frozenset[str]:
    """Return the attribute names of every stored column, inherited ones included."""
    return frozenset(field.attname for field in model._meta.concrete_fields)


@cache
def ordered_columns(model: type[Model]) -> tuple[str, ...]:
    """Return the attribute names of every stored column in the order the model declares them."""
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def primary_key(model: type[Model]) -> frozenset[str]:
    """Return the attribute names of the primary key: one, or several for a composite key."""
    fields = getattr(model._meta, "pk_fields", None) or [model._meta.pk]
    return frozenset(field.attname for field in fields)


@cache
def parent_links(model: type[Model]) -> tuple[str, ...]:
    """Return the names of the fields that lead to the rows of multi-table parents."""
    return tuple(link.name for link in model._meta.parents.values() if link is not None)


@cache
def content_type_column(model: type[Model], name: str) -> str:
    """Return the attribute name of the column that says to which model the generic foreign key ``name`` leads."""
    generic: Any = next(field for field in model._meta.private_fields if field.name == name)
    return str(model._meta.get_field(generic.ct_field).attname)  # type: ignore[union-attr]


@cache
def inherited_columns(model: type[Model], parent: type[Model]) -> frozenset[str]:
    """Return the columns of ``model`` that its multi-table parent ``parent`` already selects."""
    return frozenset(
        field.attname for field in model._meta.concrete_fields if issubclass(concrete(parent), concrete(field.model))
    )


def as_attributes(model: type[Model], names: Collection[str]) -> frozenset[str]:
    """Return the attribute names of columns that ``only()`` or ``defer()`` may name by field, attribute or ``pk``."""
    fields = columns_by_name(model) | {field.name: field for field in model._meta.concrete_fields}
    found = {fields[name].attname for name in names if name in fields}
    return frozenset(found | primary_key(model)) if "pk" in names else frozenset(found)


def stored_as(model: type[Model], names: Iterable[str]) -> list[tuple[str, str]]:
    """Return (table, column) of each attribute name."""
    fields = columns_by_name(model)
    return [(fields[name].model._meta.db_table, str(fields[name].column)) for name in sorted(names)]


def is_json(model: type[Model], name: str) -> bool:
    """Return whether the column ``name`` stores JSON, so that a path may go on inside its value."""
    field = columns_by_name(model).get(name)
    return field is not None and field.get_internal_type() == "JSONField"


def label(model: type[Model]) -> str:
    """Return ``shop.Book``."""
    return str(model._meta.label)


def natural_key(model: type[Model]) -> tuple[str, str]:
    """Return (app label, model name), under which content types know the stored model."""
    meta = concrete(model)._meta
    return meta.app_label, str(meta.model_name)


def is_abstract(model: type[Model]) -> bool:
    """Return whether ``model`` has no rows of its own kind."""
    return model._meta.abstract


@cache
def stored_models() -> tuple[type[Model], ...]:
    """Return every model that has rows of its own, which a generic foreign key may point at."""
    return tuple(model for model in apps.get_models() if not model._meta.proxy)


def key_columns(field: Any) -> frozenset[str]:
    """Return the attribute names of the columns in which a foreign key stores the key of its target."""
    return frozenset(local.attname for local in field.local_related_fields)


@cache
def has_stock_managers(model: type[Model]) -> bool:
    """Return whether Django's own managers alone make the querysets of ``model``, which are then always the same."""
    managers = (model._base_manager, model._default_manager)
    return all(type(manager).get_queryset is Manager.get_queryset for manager in managers)


def hides_rows(model: type[Model]) -> bool:
    """Return whether the base manager, through which one row is reached, is not Django's own and may hide rows."""
    return type(model._base_manager).get_queryset is not Manager.get_queryset


def same_table(model: type[Model], other: type[Model]) -> bool:
    """Return whether two classes are one stored model: the same, or proxies of one another."""
    return concrete(model) is concrete(other)


def default_ordering(model: type[Model]) -> bool:
    """Return whether rows of ``model`` have an ordering of their own (``Meta.ordering``)."""
    return bool(model._meta.ordering)


def lie_by_key(model: type[Model], connection: Any) -> bool:
    """Return whether the database keeps the rows of ``model`` in one table, in the order of its primary key.

    InnoDB does. SQLite has keys of its own for rows, and takes an ``integer PRIMARY KEY`` for that.
    """
    meta = model._meta
    if meta.parents or not meta.managed:
        return False
    return connection.vendor == "mysql" or (connection.vendor == "sqlite" and meta.pk.db_type(connection) == "integer")


def lie_in_heap(model: type[Model], connection: Any) -> bool:
    """Return whether the database keeps the rows of ``model`` in one table, as they were written (PostgreSQL)."""
    return connection.vendor == "postgresql" and model._meta.managed and not model._meta.parents


@cache
def loads_by_itself(model: type[Model]) -> str:
    """Return which hook of ``model`` runs code on every loaded row (and may read any column), or an empty string.

    Trackers and dirty-field mixins do this; a deferred column would be fetched again for each row.
    """
    for name in ("__init__", "from_db", "__getattribute__", "__getattr__", "refresh_from_db", "__setattr__"):
        if _overrides(model, name):
            return f"{model.__name__}.{name}"
    return ""


def has_init_receivers(model: type[Model]) -> bool:
    """Return whether a ``post_init`` receiver other than Django's own image dimensions sees each loaded row."""
    if not signals.post_init.has_listeners(model):
        return False
    live: Any = signals.post_init._live_receivers(model)
    receivers = [receiver for group in live for receiver in (group if isinstance(group, list) else [group])]
    return any(not isinstance(getattr(receiver, "__self__", None), ImageField) for receiver in receivers)


@cache
def columns_by_name(model: type[Model]) -> dict[str, Field[Any, Any]]:
    """Return every stored column by field name and by attribute name; relations keep their own names to themselves."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return fields | {field.name: field for field in model._meta.concrete_fields if not field.is_relation}


def load_with(model: type[Model], field: Field[Any, Any]) -> frozenset[str]:
    """Return what must be loaded to read ``field``: an image is measured when its width and height are missing."""
    if field.primary_key and field.model._meta.concrete_model is not concrete(model):
        return primary_key(model)
    extra = (getattr(field, name, None) for name in ("width_field", "height_field"))
    return frozenset([field.attname, *(name for name in extra if name)])


def is_plain(model: type[Model], field: Field[Any, Any]) -> bool:
    """Return whether Django's own code reads the column, which touches nothing else."""
    static = inspect.getattr_static(model, field.attname, None)
    if isinstance(field, FileField):
        return isinstance(static, FileDescriptor)
    return isinstance(static, DeferredAttribute) and type(static).__get__.__module__.startswith("django.")


def concrete(model: type[Model]) -> type[Model]:
    """Return the class whose table holds the rows of ``model``: itself, unless it is a proxy."""
    found: type[Model] = model._meta.concrete_model if model._meta.proxy else model  # type: ignore[assignment]
    return found


def _overrides(model: type[Model], name: str) -> bool:
    own = inspect.getattr_static(model, name, None)
    base = inspect.getattr_static(Model, name, None)
    return own is not base and own is not getattr(object, name, None)
