"""``AutoPrefetchMixin``: the front door."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property, partial
from typing import Any

from django.db.models import Manager, QuerySet
from django.http import HttpResponse
from rest_framework.exceptions import APIException, NotAcceptable

from .explaining.analysis.again import Again
from .explaining.endpoint import asked_to_explain, explain, names_explain
from .guarding.reads.sampling import sampled
from .guarding.requests import watched
from .loading.building import shadowed
from .loading.carried import carries, carry
from .loading.requests import RequestPlan
from .reading.code import own_code
from .reading.views import ASKED_PERMISSIONS


class AutoPrefetchMixin:
    """Loads what the view's serializer shows, and nothing else. Inherit it before the view class.

    ``prefetch_hints`` declares what is read from each row beside the serializer: paths, ``Prefetch`` objects, callables
    of the serializer context. ``auto_prefetch`` False switches the view off, or one action with
    ``@action(auto_prefetch=False)``; ``auto_prefetch_skip_actions`` names actions to leave alone;
    ``auto_prefetch_only`` False loads every column. ``auto_prefetch_unplanned`` says what to do about rows that are
    loaded one by one all the same, else the settings do. ``?explain_prefetch=1`` answers with the plan.

    The queryset carries its plan from ``get_queryset()`` on; the plan is applied when its rows are fetched, so that
    filters, paginators and code of your own find the queryset that you wrote.
    """

    prefetch_hints: Sequence[Any] = ()
    auto_prefetch: bool = True
    auto_prefetch_only: bool = True
    auto_prefetch_skip_actions: Collection[str] = ()
    auto_prefetch_unplanned: str = ""

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        """Return the view's function, with what decorators of a base class's ``dispatch()`` say of it."""
        view = super().as_view(*args, **kwargs)  # type: ignore[misc]
        for name, value in vars(super().dispatch).items():  # type: ignore[misc]
            vars(view).setdefault(name, value)
        return view

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer the request, and watch what is loaded row by row meanwhile."""
        self._pause_own("initial", "filter_queryset", "finalize_response")
        return watched(self, sampled(self, super().dispatch), request, *args, **kwargs)  # type: ignore[misc]

    def _pause_own(self, *names: str) -> None:
        """Load the rows that a view's own methods fetch beside those that are shown as they are written."""
        for name in names:
            method = getattr(type(self), name, None)
            if method is not getattr(AutoPrefetchMixin, name, None) and own_code(self, name) is not None:
                setattr(self, name, partial(self._run_paused, getattr(self, name)))

    def _run_paused(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        with self._request_plan.paused():
            return method(*args, **kwargs)

    def get_queryset(self) -> Any:
        """Return the view's queryset, carrying the plan of this request."""
        fresh = own_code(self, "get_queryset") is None
        return self._carrying(super().get_queryset(), fresh=fresh)  # type: ignore[misc]

    def filter_queryset(self, queryset: Any) -> Any:
        """Return the filtered queryset; it carries the plan also where ``get_queryset()`` was overridden."""
        with self._request_plan.paused():
            filtered = super().filter_queryset(self._carrying(queryset))  # type: ignore[misc]
        return self._carrying(filtered)

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Return the view's serializer; instances that no plan has loaded are loaded when it shows them."""
        with self._request_plan.making():
            serializer = super().get_serializer(*args, **kwargs)  # type: ignore[misc]
        return self._request_plan.attend(serializer)

    def check_object_permissions(self, request: Any, obj: Any) -> None:
        """Check the permissions of one object; rows that they fetch beside it are loaded as written."""
        with self._request_plan.paused():
            super().check_object_permissions(request, obj)  # type: ignore[misc]

    def check_permissions(self, request: Any) -> None:
        """Check the permissions of the request, and remember which they are."""
        view: Any = self
        get_permissions = view.get_permissions

        def get_and_keep() -> Any:
            found = get_permissions()
            setattr(view, ASKED_PERMISSIONS, found)
            return found

        with shadowed(view, "get_permissions", get_and_keep):
            super().check_permissions(request)  # type: ignore[misc]

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Run the checks of every request; one that may ask for the plan gets it from the handler it would have had."""
        with self._request_plan.paused():
            self._check(request, *args, **kwargs)
        if getattr(self.get_queryset, "__func__", None) is not AutoPrefetchMixin.get_queryset:
            self.get_queryset = partial(self._get_own_queryset, self.get_queryset)  # type: ignore[method-assign]
        if asked_to_explain(self, request):
            name = request.method.lower()
            handler = getattr(self, name, self.http_method_not_allowed)  # type: ignore[attr-defined]
            setattr(self, name, partial(self._explain, handler))

    def _check(self, request: Any, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)  # type: ignore[misc]
        except NotAcceptable as refused:
            self._check_whatever_accepted(refused, request, *args, **kwargs)

    def _get_own_queryset(self, get_queryset: Any) -> Any:
        """A ``get_queryset()`` of the view's own comes before the mixin's; its queryset carries the plan as well."""
        return self._carrying(self._run_paused(get_queryset))

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        """Choose the renderer of the response; a plan is not rendered by any of the view's own."""
        return super().perform_content_negotiation(request, force or self._accepts_anything)  # type: ignore[misc]

    _accepts_anything = False

    def _check_whatever_accepted(self, refused: NotAcceptable, request: Any, *args: Any, **kwargs: Any) -> None:
        """The view may not speak the format in which a plan is asked for; all its other checks come first."""
        self._accepts_anything = names_explain(request)
        try:
            if self._accepts_anything:
                super().initial(request, *args, **kwargs)  # type: ignore[misc]
        except APIException:
            raise refused from None
        if not (self._accepts_anything and asked_to_explain(self, request)):
            raise refused

    def _explain(self, handler: Any, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return explain(self._request_plan, Again(self, handler, request, *args, **kwargs))

    @cached_property
    def _request_plan(self) -> RequestPlan:
        return RequestPlan(self)

    def _carrying(self, queryset: Any, *, fresh: bool = False) -> Any:
        plan = self._request_plan
        if isinstance(queryset, Manager):
            queryset = queryset.all()
        if not isinstance(queryset, QuerySet) or queryset._result_cache is not None or not plan.reading:
            return queryset
        return queryset if not fresh and carries(queryset, plan) else carry(queryset, plan, fresh=fresh)


# Schema generators take the docstring of a base class for what the view's author says to clients.
AutoPrefetchMixin.__doc__ = None
