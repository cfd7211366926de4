"""A few rows of everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.packages import models
from tests.testapp.models import Author


@pytest.fixture(scope="module")
def rows(library: None, django_db_blocker: pytest.DjangoDbBlocker) -> Iterator[None]:  # type: ignore[name-defined]
    with django_db_blocker.unblock(), transaction.atomic():
        fill()
        yield
        transaction.set_rollback(True)


def fill() -> None:
    """Make six articles, and what belongs to them."""
    authors = list(Author.objects.all())
    top = models.Genre.objects.create(name="top", note="x")
    folder = models.Folder.add_root(name="root", note="x")
    for i in range(6):
        author = authors[i % 4]
        genre = models.Genre.objects.create(name=f"G{i}", note="x", parent=top if i % 2 else None)
        folder.add_child(name=f"F{i}", note="x")
        folder.refresh_from_db()
        art = models.ArtProject.objects.create(topic=f"A{i}", notes="x", lead=author, artist="y", sketch="z")
        research = models.ResearchProject.objects.create(topic=f"R{i}", notes="x", lead=author, supervisor=authors[i])
        product = models.Product(price=i, notes="x", maker=author)
        for language in ("en", "de"):
            product.set_current_language(language)
            product.title, product.text = f"{language} {i}", "x"
        product.save()
        models.News.objects.create(
            title_en=f"N{i}", title_de=f"D{i}", text_en="x", text_de="y", source="z", author=author
        )
        poll = models.Poll.objects.create(question=f"Q{i}", notes="x", author=author)
        poll.question += "?"
        poll.save()
        article = models.Article.objects.create(
            title=f"T{i}", text="x", genre=genre, product=product, project=art if i % 2 else research
        )
        article.tags.add("red", f"t{i % 3}")
        for number in range(2):
            ticket = models.Ticket.objects.create(title=f"K{number}", text="x", article=article)
            models.Comment.objects.create(text=f"C{number}", notes="x", ticket=ticket, is_removed=bool(i % 2))
        models.Hall.objects.create(name=f"H{i}", notes="x", seats=i, plan="x")
