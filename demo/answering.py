"""Ask a view of the shop for an answer, without a server in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIRequestFactory
from rest_framework.viewsets import GenericViewSet

from demo.shop.endpoints import Endpoint


def asker(endpoint: Endpoint, view: type[GenericViewSet], rows: int) -> Callable[[], bytes]:
    """Return a function that asks the view for a page of so many rows and returns the body, rendered as JSON.

    Whichever view is asked, everything else is the same: path, paginator, serializers, renderer.
    """
    answer = endpoint.callable(view)
    factory = APIRequestFactory()
    path = endpoint.path(rows)

    def ask() -> bytes:
        response: Any = answer(factory.get(path, headers={"accept": "application/json"}), **endpoint.kwargs)
        content: bytes = response.render().content
        if response.status_code != 200:
            msg = f"{path} answered {response.status_code}: {content[:200]!r}"
            raise RuntimeError(msg)
        return content

    return ask
