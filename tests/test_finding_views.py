"""The views that URLs lead to, and the requests that are made up for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path, re_path, resolve

from drf_autoprefetch import AutoPrefetchMixin
from drf_autoprefetch.explaining.finding_views import Registered, registered_views
from drf_autoprefetch.explaining.placeholders import made_up_request, made_up_user
from drf_autoprefetch.explaining.unasked import Asking, explain_unasked, live_view
from tests import registered
from tests.registered import BookViewSet, TitleList, urls

pytestmark = pytest.mark.once


def found(settings: Any, *patterns: Any) -> list[Registered]:
    """Return what is registered at some URLs."""
    settings.ROOT_URLCONF = urls(*patterns)
    return registered_views(AutoPrefetchMixin)


def paths(settings: Any, *patterns: Any) -> list[str]:
    """Return the example URLs of what is registered."""
    return [one.path for one in found(settings, *patterns)]


def test_every_action_is_found_once_with_an_example_of_its_url(settings):
    settings.ROOT_URLCONF = registered.WHOLE

    found = {one.name.removeprefix("tests.registered."): one.path for one in registered_views(AutoPrefetchMixin)}

    assert found == {
        "AuthorBooksViewSet:list": "/authors/1/books/",
        "AuthorBooksViewSet:retrieve": "/authors/1/books/1/",
        "BookViewSet:list": "/api/books/",
        "BookViewSet:retrieve": "/api/books/1/",
        "BookViewSet:similar": "/api/books/1/similar/",
        "BookViewSet:titles": "/api/books/titles/",
        "HeadOnly:get": "/head/",
        "MineViewSet:list": "/mine/books/",
        "MineViewSet:retrieve": "/mine/books/1/",
        "OneAuthor:get": "/authors/1/",
        "RatedViewSet:list": "/rated/",
        "ShelfViewSet:list": f"/shelves/{UUID(int=0)}/books/",
        "ShelfViewSet:retrieve": f"/shelves/{UUID(int=0)}/books/1/",
        "WrongViewSet:list": "/wrong/",
    }


def test_an_example_leads_back_to_the_view(settings):
    settings.ROOT_URLCONF = registered.WHOLE

    for one in registered_views(AutoPrefetchMixin):
        match = resolve(one.path)
        assert (match.view_name, match.route, list(match.kwargs)) == (
            *(one.match.view_name, one.match.route, list(one.match.kwargs)),
        )


def test_what_a_view_is_given_where_it_is_registered_tells_two_apart(settings):
    names = [
        one.name.removeprefix("tests.registered.")
        for one in found(
            settings,
            path("b/", TitleList.as_view(serializer_class=registered.BOOK)),
            path("a/", TitleList.as_view()),
            path("again/", TitleList.as_view()),
        )
    ]

    assert names == ["TitleList:get /a/", "TitleList:get /b/"]


def test_the_parts_of_a_url_are_what_its_converters_make(settings):
    (one,) = found(
        settings,
        path("<int:a>/<uuid:b>/", include([path("<slug:c>/<path:d>/", TitleList.as_view(), {"e": 5})]), {"f": 6}),
    )

    assert one.match.kwargs == {"a": 1, "b": UUID(int=0), "c": "1", "d": "1", "e": 5, "f": 6}
    assert one.path == f"/1/{UUID(int=0)}/1/1/"


@pytest.mark.parametrize(
    ("pattern", "args", "kwargs", "example"),
    [
        (r"^([0-9]+)/of/(\w+)/$", ("1", "1"), {}, "/1/of/1/"),
        (r"^([0-9]+)/of/(?P<name>\w+)/$", (), {"name": "1"}, "/1/of/1/"),
        (r"^(?P<name>a|b)/$", (), {"name": "1"}, "/1/"),
        (r"^100%/(?P<name>[^/]+)/$", (), {"name": "1"}, "/100%/1/"),
        (r"^a|b$", (), {}, "/"),
    ],
)
def test_the_groups_of_a_regular_expression_are_text(settings, pattern, args, kwargs, example):
    (one,) = found(settings, re_path(pattern, TitleList.as_view()))

    assert (one.match.args, one.match.kwargs, one.path) == (args, kwargs, example)


def test_a_url_may_start_with_a_language(settings):
    settings.LANGUAGE_CODE = "en"

    assert paths(settings, *i18n_patterns(path("titles/", TitleList.as_view()))) == ["/en/titles/"]


def test_the_version_of_a_url_is_one_that_there_is(settings):
    settings.ROOT_URLCONF = registered.VERSIONS

    by_path, by_namespace = sorted(registered_views(AutoPrefetchMixin), key=lambda one: -len(one.path))

    assert (by_path.path, by_path.match.kwargs) == ("/v2/titles/", {"version": "v2"})
    assert (by_namespace.match.namespace, by_namespace.match.app_name) == ("v2", "v2")
    for one in (by_path, by_namespace):
        assert explain_unasked(one, Asking()).data["queries"] == 2


@pytest.mark.parametrize(("allowed", "version"), [(["v1"], "v1"), (None, "1")])
def test_a_version_without_a_default_is_the_first_allowed(settings, allowed, version):
    class Versioning(registered.PathVersioning):
        default_version = None  # type: ignore[assignment]
        allowed_versions = allowed

    class Versioned(TitleList):
        versioning_class = Versioning

    (one,) = found(settings, path("<version>/", Versioned.as_view()))

    assert one.match.kwargs == {"version": version}
    assert explain_unasked(one, Asking()).data["queries"] == 1


def test_a_view_is_as_it_is_before_its_handler(settings):
    (one,) = found(settings, path("<int:pk>/", BookViewSet.as_view({"get": "retrieve", "put": "update"})))

    view = live_view(one, None)

    assert (view.action, view.kwargs, view.args, view.detail, view.format_kwarg) == (
        "retrieve",
        {"pk": 1},
        (),
        None,
        None,
    )
    assert (view.request.resolver_match, view.request.user.is_anonymous, view.request.auth) == (one.match, True, None)
    assert view.put == view.update
    assert view.request.accepted_renderer.format == "json"


def test_a_user_is_logged_in_whatever_the_authentication(settings):
    (one,) = found(settings, path("", TitleList.as_view()))
    user = object()

    view = live_view(one, user)

    assert (view.request.user, view.request._request.user, view.request.auth) == (user, user, None)


def test_what_a_view_does_first_is_done(settings):
    class First(TitleList):
        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            super().initial(request, *args, **kwargs)
            self.first = request.path

        def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
            super().setup(request, *args, **kwargs)
            self.early = request.method

        def check_throttles(self, request: Any) -> None:
            raise AssertionError("throttles count requests that somebody has sent")

    (one,) = found(settings, path("first/", First.as_view()))

    view = live_view(one, None)

    assert (view.first, view.early) == ("/first/", "GET")


@pytest.mark.parametrize(
    ("hosts", "host"),
    [([], "localhost"), (["*"], "localhost"), ([".shop.example", "other"], "shop.example"), (["*", "other"], "other")],
)
def test_a_made_up_request_has_a_host_that_is_allowed(settings, hosts, host):
    settings.ALLOWED_HOSTS, settings.DEBUG = hosts, True

    assert made_up_request("get", "/books/?page=2").build_absolute_uri() == f"http://{host}/books/?page=2"


def test_a_made_up_request_says_nothing_beside_its_url():
    request = made_up_request("head", "/caf%C3%A9/ü/?q=%C3%A9")

    assert (request.method, request.path, request.GET["q"], request.body, dict(request.headers)) == (
        *("HEAD", "/café/ü/", "é", b"", {}),
    )


def test_a_made_up_user_is_somebody():
    user = made_up_user()

    assert (user.pk, user.get_username(), user.is_authenticated, user.is_staff) == (1, "somebody", True, False)


def test_a_made_up_request_has_an_empty_session_where_there_are_sessions(monkeypatch):
    assert not hasattr(made_up_request("get", "/"), "session")
    monkeypatch.setattr("django.apps.apps.is_installed", lambda app: app == "django.contrib.sessions")

    assert dict(made_up_request("get", "/").session.items()) == {}
