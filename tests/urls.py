"""Names for hyperlinks to point at: ``book-detail`` and its like for every model of the test application."""

from __future__ import annotations

from django.apps import apps
from django.urls import path
from django.views import View

#: Columns that hyperlinks look up by, beside the primary key.
LOOKUPS = ("pk", "slug", "isbn", "code", "card", "barcode", "name")

urlpatterns = [
    path(f"{model._meta.model_name}/{lookup}/<path:{lookup}>/", View.as_view(), name=f"{model._meta.model_name}-detail")
    for model in apps.get_app_config("testapp").get_models()
    for lookup in LOOKUPS
]
