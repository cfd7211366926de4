"""The queryset that a prefetch starts from, as Django's own descriptors choose it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Model, QuerySet

if TYPE_CHECKING:
    from ..reading.relations import Relation
    from ..reading.requirements import Declared


def base_queryset(relation: Relation, model: type[Model], declared: Declared | None = None) -> QuerySet[Any]:
    """Return a fresh queryset for the targets of ``relation``: the declared one, else that of Django's own manager.

    To-one relations use the base manager, so that soft-deleted targets still show; to-many relations use the default
    manager, so that hidden rows stay hidden. A related manager is a new instance of the default manager's class; what
    was passed to the constructor of the model's own manager is not passed to it, so it is not used here either.
    """
    if declared is not None and declared.prefetch.queryset is not None:
        declared_queryset: QuerySet[Any] = declared.prefetch.queryset.all()
        return declared_queryset
    if not relation.to_many:
        return model._base_manager.all()
    manager = type(model._default_manager)()
    manager.model = model
    queryset: QuerySet[Any] = manager.get_queryset()
    return queryset
