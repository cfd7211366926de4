"""A forum of people, teams and tags: nested functions, closures, classes, recursion."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

import operator
from collections import Counter
from functools import partial, reduce
from itertools import accumulate, chain, groupby

from .corpus import Theme, reads
from .models import Category, Comment, Person, Review, Team, Ticket


def depth_of(comment, limit=10):
    if comment.reply_to is None or limit == 0:
        return 0
    return 1 + depth_of(comment.reply_to, limit - 1)


def flatten(category, found=None):
    found = [] if found is None else found
    found.append(category.name)
    for child in category.children.all():
        flatten(child, found)
    return found


def emails(*people, separator=", "):
    return separator.join(person.email for person in people if person)


def describe(**parts):
    return {key: getattr(part, "title", None) for key, part in parts.items()}


class Reputation:
    weights = {"reviews": 2, "comments": 1}

    def __init__(self, person, factor=1):
        self.person = person
        self.factor = factor

    @property
    def ratings(self):
        return [review.rating for review in self.person.reviews.all()]

    def __call__(self):
        return sum(self.ratings) * self.weights["reviews"] * self.factor


class Forum(Theme):
    @reads(Person, "reviews.rating")
    def reputation(self, obj):
        return Reputation(obj, factor=3)()

    @reads(Person, "reviews.rating", "first_name", "last_name")
    def ranked(self, obj):
        reputation = Reputation(obj)
        return f"{reputation.person.initials}: {sum(reputation.ratings)}"

    @reads(Person, "comments.text", "reviews.text")
    def words(self, obj):
        def count(text):
            return len(text.split())

        return sum(count(row.text) for row in chain(obj.comments.all(), obj.reviews.all()))

    @reads(Person, "comments.created", "reviews.created")
    def activity(self, obj):
        times = [row.created for rows in (obj.comments.all(), obj.reviews.all()) for row in rows]
        return len({time.date() for time in times})

    @reads(Person, "comments.ticket.title")
    def topics(self, obj):
        titles = []

        def collect(comment):
            titles.append(comment.ticket.title)

        for comment in obj.comments.all():
            collect(comment)
        return sorted(set(titles))

    @reads(Person, "comments.ticket_id")
    def topic_count(self, obj):
        return len(set(map(operator.attrgetter("ticket_id"), obj.comments.all())))

    @reads(Person, "comments.ticket.state")
    def open_topics(self, obj):
        return Counter(map(operator.attrgetter("ticket.state"), obj.comments.all()))["open"]

    @reads(Person, "teams.name", "teams.lead.id", "id")
    def leads(self, obj):
        return [team.name for team in obj.teams.all() if team.lead == obj]

    @reads(Person, "led.name")
    def led_teams(self, obj):
        return "/".join(team.name for team in obj.led.all()) or None

    @reads(Person, "memberships.role", "memberships.team.name")
    def roles(self, obj):
        return {membership.team.name: membership.role for membership in obj.memberships.all()}

    @reads(Person, "memberships.role")
    def is_admin(self, obj):
        return any(membership.role == "admin" for membership in obj.memberships.all())

    @reads(Person, "manager.first_name", "manager.last_name", "manager.manager.first_name", "manager.manager.last_name")
    def line(self, obj):
        names = []
        if obj.manager:
            names.append(obj.manager.full_name)
            if obj.manager.manager:
                names.append(obj.manager.manager.full_name)
        return names

    @reads(Person, "staff.first_name", "staff.last_name", "staff.staff")
    def reports(self, obj):
        return [(person.full_name, len(person.staff.all())) for person in obj.staff.all()]

    @reads(Person, "manager.staff.email", "manager.staff.id", "id")
    def peers(self, obj):
        if obj.manager is None:
            return []
        return [person.email for person in obj.manager.staff.all() if person != obj]

    @reads(Person, "is_active", "is_staff", "email")
    def flags(self, obj):
        flags = {name for name in ("is_active", "is_staff") if getattr(obj, name)}
        return sorted(flags), obj.email

    @reads(Person, "is_active", "biography")
    def about(self, obj):
        return obj.biography[:100] if obj.is_active else ""

    @reads(Person, "id", n_plus_one=True)
    def good_reviews(self, obj):
        return [review.title for review in obj.reviews.filter(rating__gte=2).select_related("product")[:3]]

    @reads(Person, "id", n_plus_one=True)
    def recent_text(self, obj):
        comment = obj.comments.order_by("-created").first()
        return comment.text if comment is not None else ""

    @reads(Person, "id", n_plus_one=True)
    def distinct_ratings(self, obj):
        return sorted(obj.reviews.values_list("rating", flat=True).distinct())

    @reads(Team, "members.email", "lead.email")
    def addresses(self, obj):
        return emails(obj.lead, *obj.members.all())

    @reads(Team, "members.email", "lead.email")
    def addresses_unpacked(self, obj):
        people = [obj.lead, *obj.members.all()]
        return sorted({person.email for person in people if person})

    @reads(Team, "members.first_name", "members.last_name")
    def alphabet(self, obj):
        people = sorted(obj.members.all(), key=lambda person: (person.last_name, person.first_name))
        return {
            letter: [str(person) for person in group] for letter, group in groupby(people, lambda p: p.last_name[0])
        }

    @reads(Team, "tickets.title", "tickets.comments.text")
    def longest(self, obj):
        texts = ((ticket.title, len(comment.text)) for ticket in obj.tickets.all() for comment in ticket.comments.all())
        return max(texts, key=operator.itemgetter(1), default=None)

    @reads(Team, "tickets.priority")
    def running(self, obj):
        return list(accumulate(ticket.priority for ticket in obj.tickets.all()))

    @reads(Team, "tickets.priority", "tickets.title")
    def urgent(self, obj):
        above = partial(self._above, 1)
        return [ticket.title for ticket in filter(above, obj.tickets.all())]

    def _above(self, limit, ticket):
        return ticket.priority > limit

    @reads(Team, "memberships.role", "memberships.person.first_name", "memberships.person.last_name")
    def by_role(self, obj):
        found = {}
        for membership in obj.memberships.all():
            found.setdefault(membership.role, []).append(membership.person)
        return {role: [person.full_name for person in people] for role, people in found.items()}

    @reads(Team, "lead.email", "lead.profile.language")
    def lead_card(self, obj):
        lead = obj.lead
        if not lead:
            return {}
        data = {"mail": lead.email}
        try:
            profile = lead.profile
        except lead._meta.model.profile.RelatedObjectDoesNotExist:
            pass
        else:
            data["language"] = profile.language
        finally:
            data["done"] = True
        return data

    @reads(Ticket, "comments.author.email", "comments.text", "reporter.email")
    def transcript(self, obj):
        lines = [f"{obj.reporter.email} opened"]
        lines += [f"{comment.author.email}: {comment.text}" for comment in obj.comments.all()]
        return "\n".join(lines)

    @reads(Ticket, "comments.author_id", "comments.text")
    def last_texts(self, obj):
        latest = {}
        for comment in obj.comments.all():
            latest[comment.author_id] = comment
        return [comment.text for comment in latest.values()]

    @reads(Ticket, "comments.id", "comments.reply_to_id", "comments.text")
    def threads(self, obj):
        children = {}
        for comment in obj.comments.all():
            children.setdefault(comment.reply_to_id, []).append(comment)

        def build(key):
            return [{"text": comment.text, "replies": build(comment.id)} for comment in children.get(key, ())]

        return build(None)

    @reads(Ticket, "comments.text")
    def longest_comment(self, obj):
        return reduce(
            lambda one, other: one if len(one) > len(other) else other, [c.text for c in obj.comments.all()], ""
        )

    @reads(Ticket, "comments.text")
    def longest_row(self, obj):
        rows = obj.comments.all()
        if not rows:
            return None
        return reduce(lambda one, other: one if len(one.text) > len(other.text) else other, rows).text

    @reads(Ticket, "title", "team.name", "team_id")
    def described(self, obj):
        found = describe(ticket=obj)
        found["team"] = obj.team.name if obj.team_id else None
        return found

    @reads(Ticket, "watchers.email", "assignee.email", "reporter.email")
    def audience(self, obj):
        def everybody():
            yield obj.reporter
            if obj.assignee:
                yield obj.assignee
            yield from obj.watchers.all()

        return sorted({person.email for person in everybody()})

    @reads(Comment, "reply_to.reply_to.reply_to.reply_to_id", n_plus_one=True)
    def depth(self, obj):
        return depth_of(obj)

    @reads(Comment, "author.first_name", "author.last_name", "ticket.reporter_id", "author_id")
    def byline(self, obj):
        mark = " (OP)" if obj.author_id == obj.ticket.reporter_id else ""
        return f"{obj.author.full_name}{mark}"

    @reads(Comment, "author.memberships.role", "author.memberships.team_id", "ticket.team_id")
    def role(self, obj):
        for membership in obj.author.memberships.all():
            if membership.team_id == obj.ticket.team_id:
                return membership.role
        return None

    @reads(Category, "name", "children.name", "children.children.name", "children.children.children.name",
           "children.children.children.id", n_plus_one=True)  # fmt: skip
    def names(self, obj):
        return flatten(obj)

    @reads(Review, "product.reviews.rating", "rating")
    def above_average(self, obj):
        ratings = [review.rating for review in obj.product.reviews.all()]
        return obj.rating > sum(ratings) / len(ratings)

    @reads(Review, "author.reviews", "author.email")
    def experienced(self, obj):
        author = obj.author
        return author.reviews.count() > 1 and author.email.endswith(".org")
