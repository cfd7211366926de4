"""The signals this library sends."""

from __future__ import annotations

from django.dispatch import Signal

#: Sent after each request to a view with the mixin, unless unplanned queries are ``off`` there, and once more after a
#: stream that ran queries of its own: for those. ``sender`` is the view's class; ``request`` is the request,
#: ``queries`` the number of all its queries, ``findings`` a list of what was loaded row by row. Receivers that raise
#: are logged by Django and change nothing.
unplanned_queries = Signal()

#: Sent by the middleware for each response that it counts, for one that streams when that is over. ``sender`` is the
#: middleware's class; ``request`` and ``response`` are what they are called; ``view`` is the name of the URL, empty
#: where there is none, ``method`` the HTTP method, ``_OTHER`` for one that HTTP does not know. ``queries`` is the
#: number of queries, ``databases`` the same by alias, ``seconds_in_database`` how long they took to run; ``unplanned``
#: is a list of findings, of views with the mixin; ``budget`` is the largest number of queries allowed, or None.
#: Receivers that raise are logged by Django and change nothing.
response_measured = Signal()
