"""The errors this library raises.

::

    AutoPrefetchError
    ├── HintError        a declared hint names something that does not exist, or contradicts another
    └── PlanningError    a plan could not be made or applied
        └── NotAskedError    there is no way to know beforehand what will be shown; the queryset is left as it was
            └── OtherModelError   the serializer shows another model than the queryset has

Inside a request neither reaches the client: it is logged and the queryset is left as it was, unless
``DRF_AUTOPREFETCH["STRICT"]`` is true. ``optimize()``, ``plan_for()`` and ``manage.py check`` always report them.
"""

from __future__ import annotations


class AutoPrefetchError(Exception):
    """Base class of every error raised by drf_autoprefetch."""


class HintError(AutoPrefetchError):
    """A hint that cannot be followed: no such path, a clash of names, two querysets for one relation."""


class PlanningError(AutoPrefetchError):
    """A plan that cannot be made or applied: no model, a serializer without an instance, and the like."""


class NotAskedError(PlanningError):
    """What will be shown cannot be known before the rows are fetched; the queryset is left as it was."""


class OtherModelError(NotAskedError):
    """The serializer shows another model than the queryset has."""
