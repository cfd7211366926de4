"""Looking at an object without asking it anything.

One that stands for another, as ``request.user`` does, says ``isinstance()`` what the other is, and fetches it for that.
"""

from __future__ import annotations

from typing import Any

from django.utils.functional import LazyObject, empty


def is_a(value: Any, *kinds: type) -> bool:
    """Return whether ``value`` itself is of one of these kinds."""
    return issubclass(type(value), kinds)


def settled(value: Any) -> Any:
    """Return what ``value`` stands for, if that is there already, else ``value``."""
    if not is_a(value, LazyObject):
        return value
    found = vars(value).get("_wrapped", empty)
    return value if found is empty else found
