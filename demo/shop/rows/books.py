"""The rows of books, and of what is said about them and filed under."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from django.contrib.contenttypes.models import ContentType
from django.db import models

from demo.shop import models as shop
from demo.shop.rows.drawing import Sizes, day, ids, moment, price, some
from demo.shop.words import CITIES, paragraphs, person, phrase, title

# So many departments in each department of the shop, so many in each of those, and so on.
DEPARTMENTS_INSIDE = (4, 3, 2)


def categories(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    """Go level by level, so that a department comes before those in it; 3.2.4 is the fourth in 3.2."""
    number = 0
    parents: list[tuple[int | None, str]] = [(None, "")]
    for children in (sizes.departments, *DEPARTMENTS_INSIDE):
        level: list[tuple[int | None, str]] = []
        for parent, path in parents:
            for position in ids(children):
                number += 1
                level.append((number, f"{path}{position}."))
                yield shop.Category(
                    id=number,
                    parent_id=parent,
                    name=f"{level[-1][1]} {phrase(rng)}",
                    position=position,
                    description=paragraphs(rng, 400),
                    buying_policy=paragraphs(rng, 800),
                )
        parents = level


def tags(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in ids(sizes.tags):
        name = phrase(rng)
        yield shop.Tag(id=number, name=name, slug=f"tag-{number}", description=paragraphs(rng, 200))


def books(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    departments = sum(1 for _ in categories(rng, sizes))
    for number in ids(sizes.books):
        heard = number > sizes.books - sizes.audiobooks
        yield shop.Book(
            id=number,
            title=title(rng),
            subtitle=phrase(rng),
            slug=f"book-{number}",
            isbn=f"978{number:010}",
            format=shop.Book.Format.AUDIO if heard else rng.choice(shop.Book.Format.values[:2]),
            price=price(rng),
            pages=rng.randint(40, 900),
            published_on=day(rng, 1980),
            author_id=rng.choice(ids(sizes.authors)),
            publisher_id=rng.choice(ids(sizes.publishers)),
            category_id=rng.choice(ids(departments)) if number % 11 else None,
            summary=paragraphs(rng, 600),
            excerpt=paragraphs(rng, 2000),
            table_of_contents=paragraphs(rng, 500),
            press_kit=paragraphs(rng, 800),
            editorial_notes=paragraphs(rng, 400),
            metadata={"paper": phrase(rng), "keywords": [phrase(rng) for _ in range(6)]},
            cover=f"covers/{number}.jpg",
            weight_grams=rng.randint(90, 1500),
            height_mm=rng.randint(150, 320),
            width_mm=rng.randint(100, 260),
            print_run=rng.randint(300, 90_000),
            created_at=moment(rng),
        )


def audiobooks(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for number in range(sizes.books - sizes.audiobooks + 1, sizes.books + 1):
        yield shop.Audiobook(
            book_ptr_id=number,
            narrator=" ".join(person(rng)),
            minutes=rng.randint(60, 2400),
            studio_notes=paragraphs(rng, 500),
        )


def contributions(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    number = 0
    for book in ids(sizes.books):
        for position, author in enumerate(some(rng, sizes.authors, 3)):
            number += 1
            role, contract = rng.choice(["translator", "illustrator", "editor"]), paragraphs(rng, 300)
            yield shop.Contribution(
                id=number, book_id=book, author_id=author, role=role, position=position, contract=contract
            )


def book_tags(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for book in ids(sizes.books):
        for tag in some(rng, sizes.tags, 5):
            yield shop.Book.tags.through(book_id=book, tag_id=tag)


def similar_books(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for book in ids(sizes.books):
        for other in some(rng, sizes.books, 3):
            yield shop.Book.similar.through(from_book_id=book, to_book_id=other)


def stock(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    for book in ids(sizes.books):
        if book % 5:
            shelf, notes = f"{rng.choice('ABCDEF')}{rng.randint(1, 40)}", paragraphs(rng, 200)
            yield shop.Stock(book_id=book, on_hand=rng.randint(0, 80), shelf=shelf, stocktaking_notes=notes)


def press_mentions(rng: Random, sizes: Sizes) -> Iterator[models.Model]:
    subjects = [(shop.Book, sizes.books), (shop.Author, sizes.authors), (shop.Publisher, sizes.publishers)]
    types = ContentType.objects.get_for_models(*(model for model, _ in subjects))
    for number in ids(sizes.mentions):
        model, count = rng.choice(subjects)
        yield shop.PressMention(
            id=number,
            content_type=types[model],
            object_id=rng.choice(ids(count)),
            outlet=f"The {rng.choice(CITIES)} Herald",
            headline=phrase(rng),
            published_on=day(rng, 1985),
            clipping=paragraphs(rng, 900),
        )
