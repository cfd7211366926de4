"""Routes that hyperlinks lead to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.routers import DefaultRouter


def nothing(request: HttpRequest, **kwargs: object) -> HttpResponse:
    """Stand at the end of a hyperlink."""
    return HttpResponse()


router = DefaultRouter()
urlpatterns = [path("articles/<article_pk>/tickets/<pk>/", nothing, name="ticket-detail"), *router.urls]
