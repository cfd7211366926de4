"""The rows that the laws are measured on."""

from __future__ import annotations

import datetime
import itertools
import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TypeVar

from django.db.models import Model

from tests.testapp import models as m

M = TypeVar("M", bound=Model)

#: How many children a parent has, by its number: the first one always has all it can have.
CHILDREN = (3, 0, 1, 2)
WIDE = "wide " * 20
NOON = datetime.datetime(2024, 5, 17, 12, tzinfo=datetime.timezone.utc)
DAY = NOON.date()


def fill(rows: int = 4) -> None:
    """Make `rows` roots of each kind, and their children: always the same ones, in the same order.

    Parents have three, no, one and two children in turn; every nullable relation is null for some row, but never for
    the first one; targets are shared; one-to-ones are missing for some; generic relations point at several models.
    """
    count = range(rows)
    places = _places(rows)
    authors = _authors(rows, places)
    publishers = _publishers(rows, places, authors)
    books = _books(rows, places, authors, publishers)
    readers = _readers(rows, books)
    _around_books(books, readers)
    _anything(rows, books, authors, publishers, readers)
    _media(rows, authors, publishers)
    _rooms(rows, readers)
    branches = _save(
        m.Branch(name=f"Branch {i}", kind="main" if i % 4 < 2 else "outpost", hours=WIDE, city=cyclic(places, i))
        for i in count
    )
    _save(m.Member(name=f"Member {i}", level=i, letters=WIDE, branch=branch) for i, branch in children(branches))
    _save(m.Ledger(title=f"Ledger {i}", balance=i, pages=WIDE, branch=branch) for i, branch in children(branches))


def cyclic(targets: Sequence[M], index: int) -> M:
    """Share the targets out, beginning again at the end."""
    return targets[index % len(targets)]


def unless(missing: bool, target: M) -> M | None:
    """Leave a nullable relation empty sometimes."""
    return None if missing else target


def children(parents: Sequence[M]) -> Iterator[tuple[int, M]]:
    """Number the children of all parents, each with its parent."""
    counter = itertools.count()
    for index, parent in enumerate(parents):
        for _ in range(CHILDREN[index % 4]):
            yield next(counter), parent


def link(parents: Sequence[Model], relation: str, targets: Sequence[Model]) -> None:
    """Give each parent as many targets of a many-to-many relation as it has children."""
    for index, parent in enumerate(parents):
        chosen = [targets[(index + step) % len(targets)] for step in range(CHILDREN[index % 4])]
        getattr(parent, relation).set(chosen)


def _save(rows: Iterator[M]) -> list[M]:
    """Save rows of one model, in order, in one statement."""
    unsaved = list(rows)
    saved: list[M] = type(unsaved[0])._base_manager.bulk_create(unsaved)
    return saved


def _places(rows: int) -> list[m.City]:
    countries = _save(
        m.Country(code=f"{i // 26:X}{chr(65 + i % 26)}", name=f"Country {i}", anthem=WIDE) for i in range(rows)
    )
    return _save(m.City(name=f"City {i}", history=WIDE * (i + 1), country=c) for i, c in children(countries))


def _authors(rows: int, places: list[m.City]) -> list[m.Author]:
    authors = _save(
        m.Author(
            created=NOON + datetime.timedelta(hours=i),
            name=f"Author {i}",
            email=f"author{i}@example.com",
            biography=WIDE,
            born=None if i % 4 == 1 else DAY.replace(year=1950 + i % 50),
            city=unless(i % 4 == 2, cyclic(places, i)),
        )
        for i in range(rows)
    )
    # Never more than two steps: the deepest recursion that is planned by default has three.
    for index, author in enumerate(authors):
        if index % 3:
            author.mentor = authors[index - 1]
            author.save()
    _save(
        m.Profile(author=author, website=f"https://example.com/{i}", notes=WIDE, portrait=f"portraits/{i}.png")
        for i, author in enumerate(authors)
        if i % 2 == 0
    )
    return authors


def _publishers(rows: int, places: list[m.City], authors: list[m.Author]) -> list[m.Publisher]:
    return _save(
        m.Publisher(
            name=f"Publisher {i}",
            slug=f"publisher-{i}",
            address=WIDE,
            city=unless(i % 4 == 1, cyclic(places, i)),
            founder=unless(i % 4 == 3, authors[i]),
        )
        for i in range(rows)
    )


def _genres(rows: int) -> list[m.Genre]:
    genres = _save(m.Genre(name=f"Genre {i}", description=WIDE) for i in range(rows))
    for index, genre in enumerate(genres):
        if index % 3:
            genre.parent = genres[index - 1]
            genre.save()
    link(genres, "related", genres)
    return genres


def _books(rows: int, places: list[m.City], authors: list[m.Author], publishers: list[m.Publisher]) -> list[m.Book]:
    genres = _genres(rows)
    series = _save(m.Series(title=f"Series {i}", pitch=WIDE, publisher=p) for i, p in children(publishers))
    suppliers = _save(
        m.Supplier(name=f"Supplier {i}", terms=WIDE, deleted=i % 3 == 1, city=cyclic(places, i)) for i in range(rows)
    )
    _save(
        m.Contract(number=f"No. {i}", clauses=WIDE, supplier=s, publisher=cyclic(publishers, i))
        for i, s in children(suppliers)
    )
    books = _save(
        m.Book(
            created=NOON + datetime.timedelta(days=i),
            title=f"Book {i}",
            subtitle=f"or the number {i}",
            summary=f"{i} {WIDE}",
            isbn=f"978{i:010}",
            pages=i * 10,
            price=Decimal(i) + Decimal("9.90"),
            status="dpg"[i % 3],
            published=None if i % 4 == 2 else DAY,
            data=None if i % 4 == 3 else {"codes": {"thirteen": f"978-{i}"}, "words": ["a", i]},
            cover="" if i % 4 == 1 else f"covers/{i}.png",
            cover_width=None if i % 4 == 1 else 100 + i,
            cover_height=None if i % 4 == 1 else 200 + i,
            sample="" if i % 4 == 3 else f"samples/{i}.pdf",
            # The first author wrote three books, the second none.
            author=authors[i - i % 4] if i % 4 < 3 else authors[i],
            author_note=f"note {i}",
            editor=unless(i % 4 == 1, cyclic(authors, i + 1)),
            translator=unless(i % 4 == 2, cyclic(authors, i + 2)),
            publisher=unless(i % 4 == 3, publishers[i - i % 2]),
            series=unless(i % 4 == 1, cyclic(series, i)),
            supplier=unless(i % 4 == 2, cyclic(suppliers, i)),
        )
        for i in range(rows)
    )
    for index, book in enumerate(books):
        if index % 3:
            book.sequel_of = books[index - 1]
            book.save()
    link(books, "genres", genres)
    return books


def _readers(rows: int, books: list[m.Book]) -> list[m.Reader]:
    readers = _save(
        m.Reader(id=uuid.UUID(int=1000 - i), name=f"Reader {i}", card=f"card-{i:04}", diary=WIDE) for i in range(rows)
    )
    link(readers, "friends", readers)
    link(readers, "follows", readers)
    link(readers, "favourites", books)
    return readers


def _around_books(books: list[m.Book], readers: list[m.Reader]) -> None:
    awards = _save(m.Award(name=f"Award {i}", rules=WIDE) for i, _ in enumerate(books))
    _save(m.Nomination(book=book, award=cyclic(awards, i), year=2000 + i, speech=WIDE) for i, book in children(books))
    _save(
        m.Review(
            book=book,
            reader=unless(i % 3 == 2, cyclic(readers, i)),
            rating=i % 5 + 1,
            public=i % 2 == 0,
            body=WIDE,
        )
        for i, book in children(books)
    )
    _save(m.Footnote(book=book, text=f"note {i}", sources=WIDE) for i, book in children(books))
    shelves = _save(m.Shelf(code=f"S{i}", place=f"row {i}", plan=WIDE) for i, _ in enumerate(books))
    copies = _save(
        m.Copy(book=book, barcode=f"{i:08}", damage=WIDE, shelf=unless(i % 4 == 1, cyclic(shelves, i)))
        for i, book in children(books)
    )
    _save(
        m.Loan(
            copy=copy,
            reader=unless(i % 4 == 2, cyclic(readers, i)),
            due=DAY + datetime.timedelta(days=i),
            remarks=WIDE,
        )
        for i, copy in children(copies)
    )


def _anything(
    rows: int,
    books: list[m.Book],
    authors: list[m.Author],
    publishers: list[m.Publisher],
    readers: list[m.Reader],
) -> None:
    """Rows with a generic foreign key: to three models in turn, and to nothing."""
    subjects: tuple[Sequence[Model], ...] = (books, authors, publishers)
    _save(
        m.Comment(
            text=f"comment {i}",
            context=WIDE,
            reader=cyclic(readers, i),
            subject=None if i % 4 == 3 else subjects[i % 4][i],
        )
        for i in range(rows)
    )
    tagged = itertools.chain(children(books), children(authors))
    _save(m.TaggedItem(label=f"tag {i}", reason=WIDE, content_object=thing) for i, thing in tagged)


def _media(rows: int, authors: list[m.Author], publishers: list[m.Publisher]) -> None:
    """Multi-table inheritance: rows that end at each of the three levels (these cannot be saved in bulk)."""
    media: list[m.Medium] = []
    for i in range(rows):
        common = {"name": f"Item {i}", "description": WIDE, "owner": cyclic(publishers, i // 2)}
        heard = common | {"minutes": i, "licence": WIDE}
        narrator = unless(i % 4 == 2, cyclic(authors, i))
        media.append(m.AudioBook.objects.create(narrator=narrator, transcript=WIDE, **heard))
        media.append(m.Medium.objects.create(**heard))
        m.Item.objects.create(**common)
    _save(m.Track(medium=medium, title=f"Track {i}", lyrics=WIDE) for i, medium in children(media))


def _rooms(rows: int, readers: list[m.Reader]) -> None:
    rooms = _save(m.Room(name=f"Room {i}", inventory=WIDE) for i in range(rows))
    seats = _save(m.Seat(room=room, number=i, label=f"Seat {i}", view=WIDE) for i, room in children(rooms))
    _save(
        m.Booking(room=seat.room, seat_number=seat.number, reader=cyclic(readers, i), wishes=WIDE)
        for i, seat in children(seats)
    )
