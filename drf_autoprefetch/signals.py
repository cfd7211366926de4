"""The signals this library sends."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent after each request to a view with the mixin, unless unplanned queries are ``off`` there. ``sender`` is the
#: view's class; ``request`` is the request, ``queries`` the number of all its queries, ``findings`` a list of what was
#: loaded row by row. Receivers that raise are logged by Django and change nothing.
unplanned_queries = Signal()
