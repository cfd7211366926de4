"""Two routers side by side, ``/naive/`` and ``/api/``; a schema and its page where drf-spectacular is installed."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView
from rest_framework.routers import DefaultRouter

from demo.shop.endpoints import LISTS

naive = DefaultRouter()
api = DefaultRouter()
for endpoint in LISTS:
    naive.register(endpoint.prefix, endpoint.naive, basename=f"naive-{endpoint.prefix}")
    api.register(endpoint.prefix, endpoint.optimised, basename=endpoint.prefix)

urlpatterns = [
    path("", RedirectView.as_view(url="/api/")),
    path("naive/", include(naive.urls)),
    path("api/", include(api.urls)),
]
if settings.HAS_SPECTACULAR:
    from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

    urlpatterns += [
        path("schema/", SpectacularAPIView.as_view(), name="schema"),
        path("docs/", SpectacularSwaggerView.as_view(), name="docs"),
    ]
