"""An audit trail: what happened to anything, and what changed."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

import json
from itertools import pairwise

from .corpus import Theme, reads
from .models import Document, Entry, Order, Person, Product, Ticket

VERBS = {"made": "created", "kept": "left"}


def changes(before, after):
    return {key: (before.get(key), value) for key, value in after.items() if before.get(key) != value}


def actor(entry, default="system"):
    person = entry.person
    return person.email if person else default


class Diff:
    def __init__(self, entry):
        self.before = entry.before or {}
        self.after = entry.after or {}

    def __len__(self):
        return len(changes(self.before, self.after))

    def keys(self):
        return sorted(changes(self.before, self.after))


class Audit(Theme):
    @reads(Entry, "action")
    def verb(self, obj):
        return VERBS.get(obj.action, obj.action)

    @reads(Entry, "person.email")
    def actor(self, obj):
        return actor(obj)

    @reads(Entry, "person.email", "action", "at")
    def line(self, obj):
        return " ".join([f"{obj.at:%Y-%m-%d}", actor(obj, default="?"), VERBS[obj.action]])

    @reads(Entry, "before", "after")
    def changes(self, obj):
        return changes(obj.before, obj.after)

    @reads(Entry, "before", "after")
    def changed_keys(self, obj):
        return Diff(obj).keys()

    @reads(Entry, "before", "after")
    def changed_count(self, obj):
        return len(Diff(obj))

    @reads(Entry, "after")
    def title(self, obj):
        match obj.after:
            case {"title": str(title), **rest}:
                return title, sorted(rest)
            case {"n": n}:
                return n
        return None

    @reads(Entry, "before", "after")
    def dumped(self, obj):
        return json.dumps({"before": obj.before, "after": obj.after}, sort_keys=True)

    @reads(Entry, "object_id", "content_type_id")
    def target_key(self, obj):
        return f"{obj.content_type_id}-{obj.object_id}"

    @reads(Entry, "content_type.model", "object_id")
    def target_name(self, obj):
        return f"{obj.content_type.model} {obj.object_id}"

    @reads(Entry, "subject.category.name", "subject.id", "subject.name", "subject.title", known=False)
    def target(self, obj):
        return str(obj.subject)

    @reads(Entry, "person.profile.avatar")
    def avatar(self, obj):
        profile = getattr(obj.person, "profile", None) if obj.person else None
        return profile.avatar.url if profile else None

    @reads(Entry, "person.teams.name")
    def teams(self, obj):
        if obj.person is None:
            return []
        return [team.name for team in obj.person.teams.all()]

    @reads(Ticket, "entries.action", "entries.at")
    def trail(self, obj):
        return [(entry.at, entry.action) for entry in obj.entries.all()]

    @reads(Ticket, "entries.action", "entries.person.email")
    def makers(self, obj):
        return [entry.person.email for entry in obj.entries.all() if entry.action == "made" and entry.person]

    @reads(Ticket, "entries.after", "entries.before")
    def versions(self, obj):
        return [changes(one.after, other.after) or other.before for one, other in pairwise(obj.entries.all())]

    @reads(Ticket, "entries.at", "entries.person.first_name", "entries.person.last_name")
    def last_touch(self, obj):
        last = max(obj.entries.all(), key=lambda entry: entry.at, default=None)
        if last is None:
            return None
        return last.person.full_name if last.person else "system"

    @reads(Ticket, "entries")
    def touched(self, obj):
        return obj.entries.count()

    @reads(Ticket, "id", n_plus_one=True)
    def made_count(self, obj):
        return obj.entries.filter(action="made").count()

    @reads(Ticket, "id", n_plus_one=True)
    def last_entry(self, obj):
        entry = obj.entries.order_by("at").last()
        return entry.action if entry else None

    @reads(Product, "entries.person_id")
    def editors(self, obj):
        return sorted({entry.person_id for entry in obj.entries.all() if entry.person_id})

    @reads(Product, "entries.at", "created")
    def stale(self, obj):
        latest = obj.created
        for entry in obj.entries.all():
            latest = max(latest, entry.at)
        return (latest - obj.created).days > 30

    @reads(Person, "entries.action")
    def tally(self, obj):
        tally = dict.fromkeys(VERBS, 0)
        for entry in obj.entries.all():
            tally[entry.action] += 1
        return tally

    @reads(Person, "entries.content_type.model")
    def kinds(self, obj):
        return sorted({entry.content_type.model for entry in obj.entries.all()})

    @reads(Document, "updated", "owner.email")
    def stamp(self, obj):
        return {"at": obj.updated.isoformat(), "by": obj.owner.email}

    @reads(Order, "created", "paid", "status")
    def events(self, obj):
        events = [("created", obj.created)]
        if obj.paid:
            events.append(("paid", obj.paid))
        return sorted(events, key=lambda event: event[1]), obj.status

    @reads(Order, "lines.id", "lines.product_id", "lines.quantity", "lines.price")
    def snapshot(self, obj):
        columns = ("id", "product_id", "quantity", "price")
        return [{column: getattr(line, column) for column in columns} for line in obj.lines.all()]

    @reads(Order, "*", known=False)
    def full_snapshot(self, obj):
        return {key: str(value) for key, value in vars(obj).items() if not key.startswith("_") and key != "paid"}
