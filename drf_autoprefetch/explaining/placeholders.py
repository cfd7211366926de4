"""What stands for the parts of a request that nobody has sent."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.base import SessionBase
from django.core.handlers.wsgi import WSGIRequest
from django.urls.converters import IntConverter, UUIDConverter

from ..reading.columns import columns_by_name, primary_key


def placeholder(name: str, converter: Any, versioning: Any) -> Any:
    """Return a value for a part of a URL, of the type that its converter makes, or a version that there is."""
    if versioning is not None and name == versioning.version_param:
        return versioning.default_version or next(iter(versioning.allowed_versions or ()), "1")
    if isinstance(converter, IntConverter):
        return 1
    return UUID(int=0) if isinstance(converter, UUIDConverter) else "1"


def made_up_request(method: str, url: str) -> WSGIRequest:
    """Return a request to ``url`` that says nothing beside it. No middleware has seen it; its session is empty."""
    parts = urlsplit(url)
    request = WSGIRequest(
        {
            "REQUEST_METHOD": method.upper(),
            # WSGI has the bytes of a path as Latin-1.
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "SERVER_NAME": _host(),
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
        }
    )
    if apps.is_installed("django.contrib.sessions"):
        request.session = SessionBase()
    return request


def made_up_user() -> Any:
    """Return a user who is logged in and stands in no database. Raises ImproperlyConfigured where there are none."""
    model: Any = get_user_model()
    (key,) = primary_key(model)
    # A key of any usual type can be made of a number.
    return model(**{model.USERNAME_FIELD: "somebody", key: columns_by_name(model)[key].to_python(1)})


def _host() -> str:
    """A host that Django does not refuse."""
    hosts = (host.lstrip(".") for host in settings.ALLOWED_HOSTS)
    return next((host for host in hosts if "*" not in host), "localhost")
