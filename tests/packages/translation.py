"""What modeltranslation translates."""

from __future__ import annotations

from modeltranslation.translator import TranslationOptions, register

from tests.packages.models import News


@register(News)
class NewsOptions(TranslationOptions):
    fields = ("title", "text")
