"""What serializers of public projects do again and again, in words of our own."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: B905, UP031, UP032

from __future__ import annotations

import enum
import functools
import hashlib
import heapq
import itertools
import json
import math
import operator
import statistics
import typing
from collections import ChainMap, Counter, OrderedDict, defaultdict, namedtuple
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Count, Q, Sum
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import strip_tags
from django.utils.text import Truncator, slugify
from django.utils.timesince import timesince
from rest_framework import serializers

from .corpus import Theme, reads
from .models import (
    Category,
    Comment,
    Document,
    Invoice,
    Membership,
    Order,
    Person,
    Product,
    Profile,
    Review,
    Team,
    Ticket,
)

Line = namedtuple("Line", "name amount")


class Row(typing.NamedTuple):
    label: str
    value: int


class Level(enum.IntEnum):
    LOW = 1
    NORMAL = 2
    HIGH = 3

    @property
    def color(self):
        return {"LOW": "green", "HIGH": "red"}.get(self.name, "grey")


class State(str, enum.Enum):
    OPEN = "open"
    DONE = "done"


@dataclass
class Totals:
    lines: list = field(default_factory=list)
    discount: Decimal = Decimal(0)

    def add(self, line):
        self.lines.append(line)
        return self

    @property
    def gross(self):
        return sum((line.price * line.quantity for line in self.lines), Decimal(0))

    @property
    def net(self):
        return (self.gross - self.discount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Card:
    name: str
    mail: str


COLUMNS = {"name": lambda person: person.full_name, "mail": lambda person: person.email}
GETTERS = (operator.attrgetter("name"), operator.attrgetter("category.slug"))
MAPPED = {"draft": "a draft", "live": "for sale"}


@functools.singledispatch
def worded(value):
    return "?"


@worded.register
def _(value: str):
    return value


def memoised(function):
    known = {}

    @functools.wraps(function)
    def inner(self, obj):
        if obj.pk not in known:
            known[obj.pk] = function(self, obj)
        return known[obj.pk]

    return inner


def when(name):
    def decorate(function):
        @functools.wraps(function)
        def inner(self, obj, *args, **kwargs):
            if not getattr(obj, name):
                return None
            return function(self, obj, *args, **kwargs)

        return inner

    return decorate


def absolute(request, url):
    return request.build_absolute_uri(url) if request is not None and hasattr(request, "build_absolute_uri") else url


def money(value, currency="EUR", digits=2):
    return f"{Decimal(value):,.{digits}f} {currency}"


def first_or_none(rows, **wanted):
    for row in rows:
        if all(getattr(row, name) == value for name, value in wanted.items()):
            return row
    return None


def chunks(rows, size):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class PersonSerializer(serializers.Serializer):
    name = serializers.CharField(source="full_name")
    email = serializers.CharField()


class ReviewSerializer(serializers.Serializer):
    rating = serializers.IntegerField()
    author = serializers.CharField(source="author.first_name")


class Rounded:
    places = 1

    def average(self, values):
        values = [value for value in values if value is not None]
        return round(sum(values) / len(values), self.places) if values else None


class Priced(Rounded):
    def average(self, values):
        found = super().average(values)
        return found if found is None else float(found)


class Market(Priced, Theme):
    places = 2
    TEXTS = {"open": "Waiting for {name}", "paid": "Thanks, {name}"}
    LIMIT = 5

    @reads(Product, "image")
    def picture(self, obj):
        request = self.context.get("request")
        if obj.image and hasattr(obj.image, "url"):
            return absolute(request, obj.image.url)
        return None

    @reads(Document, "file")
    def size_text(self, obj):
        if not obj.file:
            return None
        return obj.file.name.rsplit("/", 1)[-1]

    @reads(Product, "reviews.rating")
    def stars(self, obj):
        reviews = obj.reviews.all()
        if reviews.exists():
            return round(sum(review.rating for review in reviews) / reviews.count(), 1)
        return None

    @reads(Product, "reviews.rating")
    def stars_by_mixin(self, obj):
        return self.average(review.rating for review in obj.reviews.all())

    @reads(Product, "reviews.rating")
    def median(self, obj):
        ratings = [r.rating for r in obj.reviews.all()]
        return statistics.median(ratings) if ratings else 0

    @reads(Product, "reviews.rating", "reviews.title")
    def best_three(self, obj):
        return [r.title for r in heapq.nlargest(3, obj.reviews.all(), key=lambda r: r.rating)]

    @reads(Product, "reviews.rating")
    def distribution(self, obj):
        counts = dict.fromkeys(range(1, 6), 0)
        for review in obj.reviews.all():
            counts[review.rating] += 1
        return counts

    @reads(Product, "reviews.rating")
    def commonest(self, obj):
        counted = Counter(review.rating for review in obj.reviews.all()).most_common(1)
        return counted[0][0] if counted else None

    @reads(Product, "reviews.author_id", "reviews.rating")
    def my_rating(self, obj):
        user = self.context["request"].user
        mine = next((review for review in obj.reviews.all() if review.author_id == user.pk), None)
        return mine.rating if mine else None

    @reads(Product, "id", n_plus_one=True)
    def my_rating_by_query(self, obj):
        user = self.context["request"].user
        try:
            return Review.objects.get(product=obj, author=user).rating
        except Review.DoesNotExist:
            return None

    @reads(Product, "id", n_plus_one=True)
    def average_by_query(self, obj):
        return obj.reviews.aggregate(total=Sum("rating"))["total"]

    @reads(Product, "reviews.author_id")
    def is_mine(self, obj):
        return any(review.author_id == self.context["user"].pk for review in obj.reviews.all())

    @reads(Product, "category.name", "category.slug")
    def category_card(self, obj):
        return {"name": obj.category.name, "slug": obj.category.slug} if obj.category else {}

    @reads(Product, "supplier.first_name", "supplier.last_name", "supplier.email", "supplier.profile.language")
    def supplier_card(self, obj):
        person = obj.supplier
        if person is None:
            return None
        profile = getattr(person, "profile", None)
        return {"name": person.full_name, "mail": person.email, "language": profile.language if profile else "en"}

    @reads(Product, "name", "category.slug")
    def row(self, obj):
        return [get(obj) for get in GETTERS]

    @reads(Product, "status")
    def mapped(self, obj):
        return MAPPED.get(obj.status) or obj.status.title()

    @reads(Product, "status")
    def choice(self, obj):
        return Product.Status(obj.status).label

    @reads(Product, "status")
    def choice_by_dict(self, obj):
        return dict(Product.Status.choices).get(obj.status, "")

    @reads(Product, "price", "cost", "stock")
    def worth(self, obj):
        return money(obj.margin * obj.stock)

    @reads(Product, "price")
    def cents(self, obj):
        return int((obj.price * 100).to_integral_value())

    @reads(Product, "price", "sale")
    def price_now(self, obj):
        factor = Decimal("0.9") if obj.sale else 1
        return str((obj.price * factor).quantize(Decimal("0.01")))

    @reads(Product, "created")
    def is_recent(self, obj):
        return obj.created >= timezone.now() - timedelta(days=30)

    @reads(Product, "created")
    def since(self, obj):
        return timesince(obj.created).split(",")[0]

    @reads(Product, "description")
    def teaser(self, obj):
        return Truncator(strip_tags(obj.description)).words(5)

    @reads(Product, "name", "id")
    def slugged(self, obj):
        return f"{slugify(obj.name)}-{obj.pk}"

    @reads(Product, "tags.name", "tags.color")
    def tag_pairs(self, obj):
        return sorted(((tag.name, tag.color) for tag in obj.tags.all()), key=operator.itemgetter(1, 0))

    @reads(Product, "tags.name")
    def tag_line(self, obj):
        return ", ".join(map(str, obj.tags.all()))

    @reads(Product, "tags.name")
    def tag_line_by_class(self, obj):
        return str.join("|", [tag.name.lower() for tag in obj.tags.all()])

    @reads(Product, "tags.id")
    def tag_ids(self, obj):
        return list({tag.pk for tag in obj.tags.all()})

    @reads(Order, "lines.quantity", "lines.price")
    def totals(self, obj):
        found = Totals()
        for line in obj.lines.all():
            found.add(line)
        return [str(found.gross), str(found.net)]

    @reads(Order, "lines.quantity", "lines.price")
    def multiplied(self, obj):
        columns = list(zip(*[(line.quantity, line.price) for line in obj.lines.all()]))
        return sum(itertools.starmap(operator.mul, zip(*columns))) if columns else 0

    @reads(Order, "lines.quantity", "lines.product.name")
    def numbered(self, obj):
        return [f"{n}. {line.quantity} x {line.product.name}" for n, line in enumerate(obj.lines.all(), start=1)]

    @reads(Order, "lines.product.category.name", "lines.quantity")
    def by_category(self, obj):
        grouped = defaultdict(lambda: {"count": 0, "lines": 0})
        for line in obj.lines.all():
            entry = grouped[line.product.category.name]
            entry["count"] += line.quantity
            entry["lines"] += 1
        return dict(grouped)

    @reads(Order, "lines.quantity", "lines.product.name")
    def named_tuples(self, obj):
        lines = [Line(line.product.name, line.quantity) for line in obj.lines.all()]
        return [line._asdict() for line in sorted(lines, key=lambda line: line.amount)]

    @reads(Order, "customer.first_name", "customer.last_name", "status")
    def greeting(self, obj):
        return self.TEXTS.get(obj.status, "Hello {name}").format(name=obj.customer.full_name)

    @reads(Order, "invoice.number")
    def invoice_by_error(self, obj):
        try:
            return obj.invoice.number
        except Order.invoice.RelatedObjectDoesNotExist:
            return None

    @reads(Order, "invoice.number")
    def invoice_by_suppress(self, obj):
        with suppress(ObjectDoesNotExist):
            return obj.invoice.number
        return ""

    @reads(Order, "invoice.number", "number")
    def invoice_by_hasattr(self, obj):
        return obj.invoice.number if hasattr(obj, "invoice") else f"draft of {obj.number}"

    @reads(Order, "paid", "created")
    def days_to_pay(self, obj):
        return obj.paid and (obj.paid - obj.created).days

    @reads(Order, "created")
    def dated(self, obj):
        return obj.created.strftime("%Y-%m") + f"/{obj.created:%d}"

    @reads(Order, "status", "paid", "lines")
    def steps(self, obj):
        match (obj.status, obj.paid):
            case ("open", None):
                return "pay"
            case (_, None):
                return "check"
            case ("paid", paid) if obj.lines.count():
                return f"send {paid is not None}"
            case _:
                return "done"

    @reads(Ticket, "priority")
    def level(self, obj):
        return Level(obj.priority).color

    @reads(Ticket, "state")
    def state(self, obj):
        return State.OPEN.value if obj.state == State.OPEN else State.DONE.name

    @reads(Ticket, "assignee_id", "assignee.first_name", "assignee.last_name")
    @when("assignee_id")
    def handler(self, obj):
        return obj.assignee.full_name

    @reads(Ticket, "title", "id")
    @memoised
    def memo(self, obj):
        return obj.title.upper()

    @reads(Ticket, "comments.text", "comments.created", "comments.id", "comments.author.first_name")
    def last_message(self, obj):
        comments = list(obj.comments.all())
        if not comments:
            return None
        last = max(comments, key=operator.attrgetter("created", "pk"))
        return {"text": last.text[:20], "by": last.author.first_name}

    @reads(Ticket, "id", n_plus_one=True)
    def last_message_by_query(self, obj):
        last = obj.comments.order_by("-created").first()
        return None if last is None else {"text": last.text, "by": last.author.first_name}

    @reads(Ticket, "id", n_plus_one=True)
    def unread(self, obj):
        return obj.comments.filter(internal=False).exclude(author=self.context["user"]).count()

    @reads(Ticket, "comments.internal", "comments.author_id")
    def unread_in_python(self, obj):
        user = self.context["user"]
        return len([c for c in obj.comments.all() if not c.internal and c.author_id != user.pk])

    @reads(Ticket, "watchers.id")
    def am_watching(self, obj):
        request = self.context.get("request")
        return bool(request) and request.user in obj.watchers.all()

    @reads(Ticket, "id", n_plus_one=True)
    def am_watching_by_query(self, obj):
        request = self.context.get("request")
        if request and request.user.pk:
            return obj.watchers.filter(pk=request.user.pk).exists()
        return False

    @reads(Ticket, "watchers.first_name", "watchers.last_name", "watchers.profile.avatar")
    def faces(self, obj):
        found = []
        for person in obj.watchers.all()[: self.LIMIT]:
            try:
                face = person.profile.avatar.url if person.profile.avatar else None
            except Profile.DoesNotExist:
                face = None
            found.append({"initials": person.initials, "face": face})
        return found

    @reads(
        Ticket, "comments.author.id", "comments.author.first_name", "comments.author.last_name", "comments.author.email"
    )
    def voices(self, obj):
        people = {comment.author for comment in obj.comments.all()}
        return PersonSerializer(sorted(people, key=lambda person: person.pk), many=True, context=self.context).data

    @reads(Ticket, "reporter.first_name", "reporter.last_name", "reporter.email")
    def reporter(self, obj):
        return PersonSerializer(instance=obj.reporter, context={"request": self.context.get("request")}).data

    @reads(Ticket, "labels.name", "labels.color")
    def label_map(self, obj):
        return OrderedDict((label.name, label.color) for label in obj.labels.all())

    @reads(Ticket, "title", "state", "due")
    def chained(self, obj):
        return dict(ChainMap({"title": obj.title}, {"title": "", "state": obj.state, "due": str(obj.due)[:0]}))

    @reads(Ticket, "reporter.email")
    def gravatar(self, obj):
        return hashlib.md5(obj.reporter.email.strip().lower().encode("utf-8")).hexdigest()

    @reads(Ticket, "title", "priority")
    def dumped(self, obj):
        return json.dumps({"title": obj.title, "priority": obj.get_priority_display()}, sort_keys=True)

    @reads(Ticket, "team.name", "team.lead.first_name", "team.lead.last_name")
    def team_line(self, obj):
        return " / ".join(filter(None, [obj.team and obj.team.name, obj.team and obj.team.lead and str(obj.team.lead)]))

    @reads(Team, "memberships.role", "memberships.person.first_name", "memberships.person.last_name")
    def roster(self, obj):
        return {m.person.full_name: m.role for m in obj.memberships.all()}

    @reads(Team, "memberships.role", "memberships.person_id")
    def my_role(self, obj):
        user = self.context["user"]
        for membership in obj.memberships.all():
            if membership.person_id == user.pk:
                return membership.role
        return None

    @reads(Team, "id", n_plus_one=True)
    def my_role_by_query(self, obj):
        membership = Membership.objects.filter(team=obj, person=self.context["user"]).first()
        return membership.role if membership else None

    @reads(Team, "memberships.role", "memberships.person.first_name", "memberships.person.last_name")
    def admin(self, obj):
        found = first_or_none(obj.memberships.all(), role="admin")
        return found and found.person.full_name

    @reads(Team, "members.first_name", "members.last_name", "members.email")
    def cards(self, obj):
        return [asdict(Card(name=person.full_name, mail=person.email)) for person in obj.members.all()]

    @reads(Team, "members.first_name", "members.last_name", "members.email")
    def table(self, obj):
        return [{name: get(person) for name, get in COLUMNS.items()} for person in obj.members.all()]

    @reads(Team, "members.first_name")
    def pairs(self, obj):
        return [[person.first_name for person in batch] for batch in chunks(obj.members.all(), 2)]

    @reads(Team, "lead_id", "members.id")
    def led_from_within(self, obj):
        return obj.lead_id in [person.id for person in obj.members.all()]

    @reads(Team, "lead.id", "members.id")
    def led_from_within_by_row(self, obj):
        return obj.lead in obj.members.all()

    @reads(Team, "tickets.state", "tickets.closed", "tickets.due")
    def overdue_share(self, obj):
        tickets = obj.tickets.all()
        if not tickets:
            return 0
        return math.floor(100 * sum(ticket.is_overdue for ticket in tickets) / len(tickets)) + 0 * len(
            [t.state for t in tickets]
        )

    @reads(Team, "id", n_plus_one=True)
    def counted(self, obj):
        return obj.tickets.aggregate(open=Count("pk", filter=Q(closed=None)))["open"]

    @reads(Category, "name", "children.name", "children.children.name")
    def menu(self, obj):
        def entry(category, depth=0):
            found = {"name": category.name}
            if depth < 2:
                found["children"] = [entry(child, depth + 1) for child in category.children.all()] if depth < 2 else []
            return found

        return {
            "name": obj.name,
            "children": [{"name": c.name, "children": [g.name for g in c.children.all()]} for c in obj.children.all()],
        }

    @reads(Category, "products.price", "products.name")
    def dearest(self, obj):
        products = sorted(obj.products.all(), key=lambda product: (-product.price, product.name))
        return products[0].name if products else None

    @reads(Category, "products.reviews.rating")
    def category_rating(self, obj):
        return self.average(
            itertools.chain.from_iterable([r.rating for r in p.reviews.all()] for p in obj.products.all())
        )

    @reads(Person, "first_name", "manager.first_name", "manager.manager.first_name")
    def line_of_command(self, obj):
        return [person.first_name for person in (obj, obj.manager, obj.manager and obj.manager.manager) if person]

    @reads(Person, "born")
    def age(self, obj):
        if obj.born is None:
            return None
        today = timezone.now().date()
        return today.year - obj.born.year - ((today.month, today.day) < (obj.born.month, obj.born.day))

    @reads(Person, "profile.settings")
    def theme(self, obj):
        try:
            return (obj.profile.settings or {}).get("theme", "light")
        except Profile.DoesNotExist:
            return "light"

    @reads(Person, "orders.lines.price", "orders.lines.quantity", "orders.shipping")
    def spent(self, obj):
        return number_format(sum(order.total for order in obj.orders.all()), 2)

    @reads(Person, "email", "phone", "is_staff")
    def masked(self, obj):
        viewer = self.context["user"]
        hide = not viewer.is_staff
        name, _, host = obj.email.partition("@")
        return {
            "mail": f"{name[:1]}***@{host}" if hide else obj.email,
            "phone": obj.phone[-2:].rjust(4, "*"),
            "staff": obj.is_staff,
        }

    @reads(Person, "first_name", "last_name")
    def worded(self, obj):
        return worded(obj.full_name)

    @reads(Person, "email")
    def debug(self, obj):
        return {"mail": obj.email} if settings.DEBUG or self.context else {}

    @reads(Comment, "text", "replies.text", "replies.author.first_name")
    def thread(self, obj):
        return {"text": obj.text, "replies": [{"text": r.text, "by": r.author.first_name} for r in obj.replies.all()]}

    @reads(Comment, "author_id", "ticket.reporter_id", "ticket.assignee_id")
    def side(self, obj):
        sides = {obj.ticket.reporter_id: "reporter", obj.ticket.assignee_id: "assignee"}
        return sides.get(obj.author_id, "other")

    @reads(Document, "secret", "owner_id", "readers.id")
    def may_read(self, obj):
        user = self.context["user"]
        return not obj.secret or obj.owner_id == user.id or user.id in (reader.id for reader in obj.readers.all())

    @reads(Document, "title", "team.name")
    def label(self, obj):
        return "%(title)s (%(team)s)" % {"title": obj.title, "team": obj.team or "nobody"}

    @reads(Document, "title", "owner.first_name")
    def label_by_attribute(self, obj):
        return "{0.title} of {1} and {name.first_name!r:>5}".format(obj, obj.owner.first_name, name=obj.owner)

    @reads(Review, "rating", "product.name", "product.category.name")
    def sentence(self, obj):
        kind = "good" if (rating := obj.rating) > 3 else "bad" if rating < 2 else "fair"
        return f"a {kind} word on {obj.product!s:>20}"

    @reads(Review, "author_id", "product.supplier_id")
    def is_biased(self, obj):
        return obj.author_id == obj.product.supplier_id

    @reads(Invoice, "order.customer.email", "number")
    def mail(self, obj):
        customer = obj.order.customer
        return [obj.number, *([customer.email] if customer.email else [])]
