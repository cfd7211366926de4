"""Permissions: documents, readers, and whether somebody may."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors

from __future__ import annotations

from contextlib import suppress

from django.core.exceptions import ObjectDoesNotExist
from rest_framework.permissions import BasePermission

from .corpus import Theme, reads
from .models import Document, Membership, Order, Person, Team, Ticket

ADMIN_ROLES = frozenset(["admin", "owner"])


def is_member(user, team):
    return team is not None and any(membership.person_id == user.pk for membership in team.memberships.all())


def role_in(user, team):
    for membership in team.memberships.all():
        if membership.person == user:
            return membership.role


class IsReader(BasePermission):
    def allows(self, user, document):
        return not document.secret or document.owner_id == user.pk

    def has_object_permission(self, request, view, obj):
        return self.allows(request.user, obj) and obj.owner.is_active


class Rights(Theme):
    @property
    def user(self):
        return self.context["request"].user

    @reads(Document, "owner.id")
    def mine(self, obj):
        return obj.owner == self.user

    @reads(Document, "owner_id")
    def mine_by_id(self, obj):
        return obj.owner_id == self.user.id

    @reads(Document, "owner.id")
    def mine_reversed(self, obj):
        request = self.context.get("request")
        return request is not None and request.user == obj.owner

    @reads(Document, "readers.id")
    def readable(self, obj):
        return self.user in obj.readers.all()

    @reads(Document, "readers.id")
    def contains(self, obj):
        return obj.readers.contains(self.user)

    @reads(Document, "id", n_plus_one=True)
    def readable_by_query(self, obj):
        return obj.readers.filter(pk=self.user.pk).exists()

    @reads(Document, "secret", "owner_id", "readers.id")
    def can_read(self, obj):
        user = self.user
        if not obj.secret or (user.is_staff and obj.owner_id == user.pk):
            return True
        return user.pk in [reader.pk for reader in obj.readers.all()]

    @reads(Document, "team.memberships.person_id")
    def member(self, obj):
        return is_member(self.user, obj.team)

    @reads(Document, "team.memberships.person.id", "team.memberships.role")
    def role(self, obj):
        return role_in(self.user, obj.team) if obj.team else None

    @reads(Document, "team.memberships.person_id", "team.memberships.role")
    def may_edit(self, obj):
        if obj.team is None:
            return False
        roles = {membership.role for membership in obj.team.memberships.all() if membership.person_id == self.user.pk}
        return bool(roles & ADMIN_ROLES)

    @reads(Document, "owner.manager_id")
    def manages_owner(self, obj):
        return obj.owner.manager_id == self.user.pk

    @reads(Document, "owner.manager.id", "owner.manager.manager.id")
    def above_owner(self, obj):
        manager = obj.owner.manager
        return self.user in (manager, manager.manager if manager else None)

    @reads(Document, "owner.is_active", "secret", "owner_id")
    def permitted(self, obj):
        return IsReader().has_object_permission(self.context["request"], None, obj)

    @reads(Document, "secret", "content", "title")
    def preview(self, obj):
        if obj.secret:
            return None
        return f"{obj.title}: {obj.content[:20]}"

    @reads(Document, "file", "secret")
    def download(self, obj):
        if obj.file and not obj.secret:
            return self.context["base"] + obj.file.url
        return None

    @reads(Document, "file")
    def file_name(self, obj):
        return obj.file.name.rsplit("/", 1)[-1] if obj.file else ""

    @reads(Document, "owner.profile.language")
    def owner_language(self, obj):
        language = "en"
        with suppress(ObjectDoesNotExist):
            language = obj.owner.profile.language
        return language

    @reads(Document, "readers.email", "owner.email")
    def audience(self, obj):
        mails = {obj.owner.email}
        mails |= {reader.email for reader in obj.readers.all()}
        return sorted(mails)

    @reads(Document, "readers.first_name", "readers.last_name", "readers.is_active")
    def reader_names(self, obj):
        return [reader.full_name if reader.is_active else "gone" for reader in obj.readers.all()]

    @reads(Document, "team.lead_id", "owner_id", "team.name")
    def led_by_owner(self, obj):
        return obj.team.name if obj.team and obj.team.lead_id == obj.owner_id else None

    @reads(Document, "owner.teams.id", "team.id")
    def in_own_team(self, obj):
        return obj.team in obj.owner.teams.all()

    @reads(Document, "owner.teams.name")
    def owner_teams(self, obj):
        return [f"{number}. {team}" for number, team in enumerate(obj.owner.teams.all(), 1)]

    @reads(Document, "*", known=False)
    def allowed(self, obj):
        return self.context["scorer"](obj) > 0

    @reads(Ticket, "reporter.id", "assignee.id")
    def editable(self, obj):
        return self.user.is_staff or obj.can_edit(self.user)

    @reads(Ticket, "reporter.id", "assignee.id", "team.lead.id")
    def involved(self, obj):
        people = [obj.reporter, obj.assignee]
        if obj.team is not None:
            people.append(obj.team.lead)
        return self.user in people

    @reads(Ticket, "team.members.id", "state")
    def actions(self, obj):
        actions = ["view"]
        if obj.team and self.user in obj.team.members.all():
            actions.append("close" if obj.state == "open" else "reopen")
        return actions

    @reads(Order, "customer.id", "status")
    def cancellable(self, obj):
        return obj.customer == self.user and obj.status not in {"sent", "paid"}

    @reads(Team, "memberships.role", "memberships.person.email")
    def admins(self, obj):
        return [entry.person.email for entry in obj.memberships.all() if entry.role in ADMIN_ROLES]

    @reads(Team, "id", n_plus_one=True)
    def my_role(self, obj):
        entry = Membership.objects.filter(team=obj, person=self.user).first()
        return entry.role if entry else None

    @reads(Team, "id", n_plus_one=True)
    def admin_count(self, obj):
        return obj.memberships.filter(role="admin").count()

    @reads(Person, "documents.secret", "documents.title")
    def public_documents(self, obj):
        return [document.title for document in obj.documents.all() if not document.secret]

    @reads(Person, "readable.owner.email")
    def sharers(self, obj):
        return sorted({document.owner.email for document in obj.readable.all()})
