"""A few rows of everything: some with all relations filled, some with none."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from .models import (
    Category,
    Comment,
    Document,
    Entry,
    Invoice,
    Membership,
    Order,
    OrderLine,
    Person,
    Prescription,
    Product,
    Profile,
    Review,
    Tag,
    Team,
    Ticket,
    Trip,
    Vehicle,
    Visit,
)  # fmt: skip


def create() -> None:
    """Fill every table."""
    people = _people()
    tags = [Tag.objects.create(name=name, color=color) for name, color in [("bug", "red"), ("new", "blue"), ("x", "")]]
    teams = _teams(people)
    _shop(people, tags)
    _desk(people, tags, teams)
    _others(people, teams)


def _people() -> list[Person]:
    boss = Person.objects.create(first_name="Ada", last_name="Boss", email="ada@x.org", born=date(1970, 1, 2))
    middle = Person.objects.create(first_name="Bob", last_name="Middle", email="bob@x.org", manager=boss, is_staff=True)
    low = Person.objects.create(first_name="Cy", last_name="Low", email="cy@x.org", manager=middle, is_active=False)
    for person in (boss, low):
        Profile.objects.create(person=person, avatar=f"{person.first_name}.png", settings={"theme": "dark"})
    return [boss, middle, low]


def _teams(people: list[Person]) -> list[Team]:
    teams = [Team.objects.create(name="Red", lead=people[0]), Team.objects.create(name="Blue")]
    for team in teams:
        for person in people:
            Membership.objects.create(team=team, person=person, role="admin" if person == people[0] else "guest")
    return teams


def _shop(people: list[Person], tags: list[Tag]) -> None:
    category = None
    categories = []
    for name in ("all", "books", "novels", "crime", "noir"):
        category = Category.objects.create(name=name, slug=name, parent=category)
        categories.append(category)
    products = [
        Product.objects.create(name=f"P{n}", slug=f"p{n}", price=Decimal(10 + n), cost=5, stock=n * 3, sale=n % 2,
                               category=categories[4 - n], supplier=people[n] if n < 3 else None, image=f"{n}.png")
        for n in range(4)
    ]  # fmt: skip
    for product in products[:3]:
        product.tags.set(tags)
        for number, person in enumerate(people, start=1):
            Review.objects.create(product=product, author=person, rating=number, title=f"by {number}",
                                  public=person != people[1])  # fmt: skip
    for n in range(3):
        order = Order.objects.create(number=f"N{n}", customer=people[n], status=["open", "paid", "sent"][n],
                                     paid=timezone.now() if n else None)  # fmt: skip
        for product in products[:n]:
            OrderLine.objects.create(order=order, product=product, quantity=n + 1, price=product.price - 1)
    Invoice.objects.create(order=order, number="I1")


def _desk(people: list[Person], tags: list[Tag], teams: list[Team]) -> None:
    now = timezone.now()
    for n in range(4):
        ticket = Ticket.objects.create(title=f"T{n}", state=["open", "done"][n % 2], priority=n % 3 + 1, body="long",
                                       closed=now if n % 2 else None, due=now - timedelta(days=n) if n else None,
                                       reporter=people[n % 3], assignee=people[n - 1] if n else None,
                                       team=teams[n % 2] if n < 3 else None)  # fmt: skip
        ticket.watchers.set(people[: n % 3])
        ticket.labels.set(tags[: n % 4])
        comment = None
        for number in range(n):
            comment = Comment.objects.create(ticket=ticket, author=people[number], text=f"C{number}\nmore",
                                             internal=number % 2, reply_to=comment)  # fmt: skip
        Entry.objects.create(
            action="made", person=people[0] if n else None, subject=ticket, after={"title": "T", "n": n}
        )
        Entry.objects.create(action="kept", person=people[1], subject=ticket, before={"n": 1}, after={"n": n})
    Entry.objects.create(action="made", person=people[2], subject=Product.objects.first())


def _others(people: list[Person], teams: list[Team]) -> None:
    for n in range(3):
        vehicle = Vehicle.objects.create(plate=f"V{n}", model="van", mileage=n * 1000, driver=people[n] if n else None)
        for number in range(n):
            Trip.objects.create(vehicle=vehicle, driver=people[number], origin="a", target="b", distance=number * 10,
                                fuel=number)  # fmt: skip
        visit = Visit.objects.create(patient=people[n], doctor=people[0], room=f"R{n}", cancelled=n == 1)
        for number in range(n):
            Prescription.objects.create(visit=visit, drug=f"D{number}", dose="1-0-1", days=number)
        document = Document.objects.create(title=f"Doc{n}", content="long", secret=n == 1, owner=people[n],
                                           team=teams[0] if n else None, file=f"{n}.pdf" if n else "")  # fmt: skip
        document.readers.set(people[:n])
