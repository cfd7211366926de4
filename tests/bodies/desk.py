"""Ticketing: tickets, comments, teams."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter, itemgetter
from typing import NamedTuple

from django.utils import timezone
from django.utils.html import format_html
from rest_framework import serializers

from .corpus import Theme, reads
from .models import Comment, Person, Tag, Team, Ticket

logger = logging.getLogger(__name__)
ONE_DAY = timedelta(days=1)


def plain_name(person):
    return person.full_name if person else "nobody"


def anonymised(person, viewer=None):
    if viewer is not None and viewer == person:
        return person.email
    return person.initials


def visible(comments, staff):
    for comment in comments:
        if staff or not comment.internal:
            yield comment


class Clock:
    def __init__(self, start=None):
        self.start = start

    def hours(self, ticket):
        return int(ticket.age().total_seconds() // 3600)


clock = Clock()


@dataclass
class Row:
    ticket: Ticket
    comments: int

    @property
    def line(self):
        return f"{self.ticket.title}: {self.comments}"


class Point(NamedTuple):
    x: int
    y: int


class PersonSerializer(serializers.Serializer):
    email = serializers.CharField()
    language = serializers.CharField(source="profile.language", default="")


class Described:
    """A mixin with a method of its own."""

    def describe(self, ticket):
        return f"{ticket.title} [{self.mark(ticket)}]"

    def mark(self, ticket):
        return ticket.state


class Desk(Described, Theme):
    CLOSED = ("done", "wontfix")

    def mark(self, ticket):
        return super().mark(ticket).upper() + str(ticket.priority)

    def _names(self, people):
        return [person.full_name for person in people]

    @staticmethod
    def _short(text, length=20):
        return text[:length]

    @classmethod
    def _is_closed(cls, ticket):
        return ticket.state in cls.CLOSED

    @reads(Ticket, "title", "state", "priority")
    def described(self, obj):
        return self.describe(obj)

    @reads(Ticket, "closed", "due")
    def overdue(self, obj):
        return obj.is_overdue

    @reads(Ticket, "closed", "opened")
    def age(self, obj):
        return obj.age() > ONE_DAY

    @reads(Ticket, "closed", "opened")
    def hours(self, obj):
        return clock.hours(obj)

    @reads(Ticket, "state")
    def closed_state(self, obj):
        return self._is_closed(obj)

    @reads(Ticket, "body")
    def excerpt(self, obj):
        return self._short(obj.body)

    @staticmethod
    @reads(Ticket, "title")
    def shouted(obj):
        return obj.title.upper().strip("!") + "!"

    @reads(Ticket, "priority")
    def priority_name(self, obj):
        return dict(Ticket.PRIORITIES)[obj.priority]

    @reads(Ticket, "priority")
    def priority_text(self, obj):
        return obj.get_priority_display()

    @reads(Ticket, "assignee.first_name", "assignee.last_name")
    def assignee_name(self, obj):
        return plain_name(obj.assignee)

    @reads(Ticket, "reporter.first_name", "reporter.last_name", "assignee.first_name", "assignee.last_name")
    def people(self, obj):
        return self._names(filter(None, [obj.reporter, obj.assignee]))

    @reads(Ticket, "reporter.first_name", "reporter.last_name", "assignee.first_name", "assignee.last_name",
           "assignee.id", "reporter.id")  # fmt: skip
    def handler(self, obj):
        person = obj.assignee or obj.reporter
        if person == obj.assignee:
            return person.full_name
        return f"{person.initials} (reporter)"

    @reads(Ticket, "reporter.id", "assignee.id")
    def editable(self, obj):
        return obj.can_edit(self.context["user"])

    @reads(Ticket, "reporter.id", "reporter.email", "reporter.first_name", "reporter.last_name")
    def reporter(self, obj):
        return anonymised(obj.reporter, viewer=self.context.get("user"))

    @reads(Ticket, "team.name", "team.lead.email")
    def contact(self, obj):
        if (team := obj.team) is None:
            return None
        lead = team.lead
        return {"team": team.name, "mail": lead.email if lead else None}

    @reads(Ticket, "team.members.email")
    def mails(self, obj):
        return [member.email for member in obj.team.members.all()] if obj.team else []

    @reads(Ticket, "team.memberships.role", "team.memberships.person.email")
    def roles(self, obj):
        if not obj.team:
            return {}
        return {entry.person.email: entry.role for entry in obj.team.memberships.all()}

    @reads(Ticket, "watchers.id")
    def watching(self, obj):
        return self.context["user"] in obj.watchers.all()

    @reads(Ticket, "watchers.id")
    def watching_by_id(self, obj):
        return self.context["user"].pk in {watcher.pk for watcher in obj.watchers.all()}

    @reads(Ticket, "id", n_plus_one=True)
    def watching_by_query(self, obj):
        return obj.watchers.filter(pk=self.context["user"].pk).exists()

    @reads(Ticket, "watchers.first_name", "watchers.last_name", "watchers.email", "watchers.profile.language")
    def watcher_data(self, obj):
        serializer = PersonSerializer(obj.watchers, many=True, context=self.context)
        return {"people": serializer.data, "names": self._names(obj.watchers.all())}

    @reads(Ticket, "reporter.email", "reporter.profile.language")
    def reporter_data(self, obj):
        return PersonSerializer(obj.reporter).data

    @reads(Ticket, "comments")
    def answered(self, obj):
        return bool(obj.comments.all())

    @reads(Ticket, "comments")
    def comment_count(self, obj):
        return len(obj.comments.all())

    @reads(Ticket, "comments.internal")
    def public_comments(self, obj):
        return sum(1 for comment in obj.comments.all() if not comment.internal)

    @reads(Ticket, "comments.internal", "comments.text")
    def texts(self, obj):
        return [comment.text for comment in visible(obj.comments.all(), self.context.get("staff", False))]

    @reads(Ticket, "comments.internal", "comments.author.first_name", "comments.author.last_name", "comments.text")
    def timeline(self, obj):
        found = []
        for number, comment in enumerate(obj.comments.all(), start=1):
            if comment.internal:
                continue
            found.append((number, comment.author.initials, comment.text))
        return found

    @reads(Ticket, "comments.created", "comments.author.first_name", "comments.author.last_name")
    def last_voice(self, obj):
        last = None
        for comment in obj.comments.all():
            if last is None or comment.created > last.created:
                last = comment
        return last.author.full_name if last else None

    @reads(Ticket, "comments.created")
    def last_activity(self, obj):
        return max(map(attrgetter("created"), obj.comments.all()), default=None)

    @reads(Ticket, "comments.author.id")
    def voices(self, obj):
        return len({comment.author for comment in obj.comments.all()})

    @reads(Ticket, "comments.author_id")
    def voice_ids(self, obj):
        return sorted({comment.author_id for comment in obj.comments.all()})

    @reads(Ticket, "comments.author.id", "reporter.id")
    def reporter_spoke(self, obj):
        return any(comment.author == obj.reporter for comment in obj.comments.all())

    @reads(Ticket, "comments.author_id", "reporter_id")
    def others_spoke(self, obj):
        return not all(comment.author_id == obj.reporter_id for comment in obj.comments.all())

    @reads(Ticket, "comments.replies.text")
    def replies(self, obj):
        return [[reply.text for reply in comment.replies.all()] for comment in obj.comments.all()]

    @reads(Ticket, "comments.reply_to.author.email", "comments.text")
    def answers(self, obj):
        return [(comment.text, comment.reply_to.author.email) for comment in obj.comments.all() if comment.reply_to]

    @reads(Ticket, "id", n_plus_one=True)
    def internal_comments(self, obj):
        return [comment.text for comment in obj.comments.exclude(internal=False).order_by("created")]

    @reads(Ticket, "id", n_plus_one=True)
    def newest_comment(self, obj):
        last = obj.comments.last()
        return last.text if last else None

    @reads(Ticket, "labels.name", "labels.color")
    def labels(self, obj):
        return [format_html('<b class="{}">{}</b>', label.color, label) for label in obj.labels.all()]

    @reads(Ticket, "labels.name")
    def label_names(self, obj):
        names = []
        names.extend(label.name for label in obj.labels.all())
        return names

    @reads(Ticket, "labels.name")
    def is_bug(self, obj):
        return "bug" in [label.name for label in obj.labels.all()]

    @reads(Ticket, "title", "comments")
    def row(self, obj):
        return Row(obj, len(obj.comments.all())).line

    @reads(Ticket, "priority", "comments")
    def point(self, obj):
        point = Point(obj.priority, obj.comments.count())
        return point.x * point.y

    @reads(Ticket, "title")
    def logged(self, obj):
        logger.debug("showing %s", obj.title)
        return obj.title

    @reads(Ticket, "id", "title")
    def logged_row(self, obj):
        logger.debug("showing %s", obj)
        return obj.pk

    @reads(Ticket, "due", "opened")
    def window(self, obj):
        start, end = obj.opened, obj.due
        return {"start": start, "end": end or start + ONE_DAY}

    @reads(Ticket, "due")
    def days_left(self, obj):
        if obj.due is None:
            return None
        left = obj.due - timezone.now()
        return max(left.days, 0)

    @reads(Ticket, "assignee_id", "team_id")
    def unassigned(self, obj):
        return obj.assignee_id is None and obj.team_id is None

    @reads(Ticket, "assignee.is_active", "team.lead.is_active")
    def staffed(self, obj):
        people = [obj.assignee, obj.team.lead if obj.team else None]
        return any(person.is_active for person in people if person is not None)

    @reads(Ticket, "*", known=False)
    def dumped(self, obj):
        return len(vars(obj))

    @reads(Ticket, "*", "comments", known=False)
    def rated(self, obj):
        return self.context["scorer"](obj) + obj.comments.count()

    @reads(Team, "members.first_name", "members.last_name", "lead.id", "members.id")
    def team_people(self, obj):
        return [member.full_name for member in obj.members.all() if member != obj.lead]

    @reads(Team, "tickets.closed", "tickets.priority")
    def load(self, obj):
        open_tickets = [ticket for ticket in obj.tickets.all() if ticket.is_open]
        return sum(ticket.priority for ticket in open_tickets)

    @reads(Team, "tickets.assignee_id", "members.id", "members.email")
    def loads(self, obj):
        counts = dict.fromkeys([member.id for member in obj.members.all()], 0)
        for ticket in obj.tickets.all():
            if ticket.assignee_id in counts:
                counts[ticket.assignee_id] += 1
        mails = {member.id: member.email for member in obj.members.all()}
        return sorted(((mails[key], number) for key, number in counts.items()), key=itemgetter(1))

    @reads(Team, "tickets.comments.author.email", "tickets.state")
    def talkers(self, obj):
        found = set()
        for ticket in obj.tickets.all():
            if ticket.state == "open":
                for comment in ticket.comments.all():
                    found.add(comment.author.email)
        return sorted(found)

    @reads(Team, "lead.manager.email")
    def boss(self, obj):
        return obj.lead.manager.email if obj.lead and obj.lead.manager else ""

    @reads(Comment, "ticket.title", "ticket.reporter.email")
    def subject_line(self, obj):
        ticket = obj.ticket
        return f"Re: {ticket.title} <{ticket.reporter.email}>"

    @reads(Comment, "text", "author.first_name", "author.last_name")
    def quoted(self, obj):
        lines = obj.text.splitlines()
        return "\n".join([f"{obj.author} wrote:", *(f"> {line}" for line in lines)])

    @reads(Comment, "reply_to.text", "reply_to.reply_to.text")
    def context_text(self, obj):
        found = []
        parent = obj.reply_to
        if parent:
            found.append(parent.text)
            if parent.reply_to:
                found.append(parent.reply_to.text)
        return found

    @reads(Tag, "tickets.closed", "color")
    def open_tickets(self, obj):
        return obj.color, len([ticket for ticket in obj.tickets.all() if not ticket.closed])

    @reads(Person, "assigned.closed", "assigned.title")
    def workload(self, obj):
        return [ticket.title for ticket in obj.assigned.all() if ticket.closed is None]

    @reads(Person, "watching.title", "reported.title")
    def involved(self, obj):
        seen = []
        for tickets in (obj.watching.all(), obj.reported.all()):
            seen += [ticket.title for ticket in tickets]
        return sorted(set(seen))

    @reads(Person, "watching.id", "reported.id", "reported.title", "watching.title")
    def union(self, obj):
        tickets = set(obj.watching.all()) | set(obj.reported.all())
        return sorted(ticket.title for ticket in tickets)
