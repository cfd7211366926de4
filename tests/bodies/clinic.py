"""A clinic: patients, visits, prescriptions."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: RUF007

from __future__ import annotations

from collections import OrderedDict
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice, takewhile

from django.utils import timezone

from .corpus import Theme, reads
from .models import Person, Prescription, Visit

SHORT = timedelta(minutes=20)
TIMES = {"1-0-1": 2, "1-1-1": 3}


def years(born, today=None):
    today = today or date.today()
    return today.year - born.year


@lru_cache(maxsize=16)
def times_a_day(dose):
    return TIMES.get(dose, 1)


def total_doses(prescription):
    return times_a_day(prescription.dose) * prescription.days


def traced(function):
    def wrapper(self, obj, *args, **kwargs):
        self.context.setdefault("trace", []).append(obj.pk)
        return function(self, obj, *args, **kwargs)

    return wrapper


def safe(default):
    def decorate(function):
        def wrapper(*args, **kwargs):
            try:
                return function(*args, **kwargs)
            except (AttributeError, TypeError):
                return default

        return wrapper

    return decorate


class Clinic(Theme):
    columns = ("room", "minutes")

    @property
    def today(self):
        return timezone.now().date()

    @reads(Person, "born")
    def age(self, obj):
        return years(obj.born) if obj.born else None

    @reads(Person, "born")
    def birthday(self, obj):
        return obj.born is not None and (obj.born.month, obj.born.day) == (self.today.month, self.today.day)

    @reads(Person, "born", "first_name", "last_name")
    def card(self, obj):
        text = obj.full_name
        if obj.born:
            text += f" ({obj.born:%d.%m.%Y})"
        return text

    @reads(Person, "visits.starts")
    def next_visit(self, obj):
        now = timezone.now()
        coming = sorted(visit.starts for visit in obj.visits.all() if visit.starts > now)
        return coming[0] if coming else None

    @reads(Person, "visits.starts", "visits.minutes")
    def last_end(self, obj):
        ends = [visit.ends for visit in obj.visits.all()]
        return max(ends) if ends else None

    @reads(Person, "visits.cancelled")
    def reliability(self, obj):
        visits = list(obj.visits.all())
        kept = [visit for visit in visits if not visit.cancelled]
        return len(kept) / len(visits) if visits else 1

    @reads(Person, "visits.cancelled", "visits.minutes")
    def minutes(self, obj):
        total = 0
        for visit in obj.visits.all():
            if visit.cancelled:
                continue
            if visit.minutes > 600:
                break
            total += visit.minutes
        else:
            total += 0
        return total

    @reads(Person, "visits.doctor.first_name", "visits.doctor.last_name")
    def doctors(self, obj):
        return sorted({str(visit.doctor) for visit in obj.visits.all()})

    @reads(Person, "visits.doctor_id")
    def doctor_ids(self, obj):
        return list({visit.doctor_id: None for visit in obj.visits.all()})

    @reads(Person, "visits.prescriptions.drug")
    def drugs(self, obj):
        return sorted({item.drug for visit in obj.visits.all() for item in visit.prescriptions.all()})

    @reads(Person, "visits.prescriptions.dose", "visits.prescriptions.days")
    def doses(self, obj):
        return sum(total_doses(item) for visit in obj.visits.all() for item in visit.prescriptions.all())

    @reads(Person, "visits.starts", "visits.room", "visits.prescriptions.drug", "visits.prescriptions.days")
    def history(self, obj):
        rows = []
        for visit in sorted(obj.visits.all(), key=lambda visit: visit.starts):
            row = {"room": visit.room, "drugs": []}
            for item in visit.prescriptions.all():
                row["drugs"].append({"drug": item.drug, "days": item.days})
            rows.append(row)
        return rows

    @reads(Person, "appointments.starts", "appointments.patient.first_name", "appointments.patient.last_name")
    def agenda(self, obj):
        return [(visit.starts, visit.patient.initials) for visit in islice(obj.appointments.all(), 5)]

    @reads(Person, "id", n_plus_one=True)
    def open_visits(self, obj):
        return obj.visits.filter(cancelled=False, starts__gte=timezone.now()).count()

    @reads(Person, "id", n_plus_one=True)
    def last_room(self, obj):
        try:
            return obj.visits.latest("starts").room
        except Visit.DoesNotExist:
            return None

    @reads(Person, "id", n_plus_one=True)
    def has_drug(self, obj):
        return Prescription.objects.filter(visit__patient=obj, drug="D0").exists()

    @reads(Person, "profile.settings")
    def theme(self, obj):
        try:
            return obj.profile.settings.get("theme", "light")
        except Person.profile.RelatedObjectDoesNotExist:
            return "light"

    @reads(Person, "profile.language", "email")
    def language(self, obj):
        if hasattr(obj, "profile"):
            return obj.profile.language
        return obj.email.rpartition(".")[2]

    @reads(Person, "profile.signature")
    @safe(default="")
    def signature(self, obj):
        return obj.profile.signature

    @reads(Person, "id", "phone")
    @traced
    def phone(self, obj):
        return obj.phone or "-"

    @reads(Visit, "room", "minutes", "notes")
    def checked_in_place(self, obj):
        import operator as op
        from functools import partial as part

        assert obj.minutes, "no time"
        pass
        return part(op.attrgetter("room"), obj)(), obj.notes

    @reads(Visit, "minutes")
    def is_short(self, obj):
        return timedelta(minutes=obj.minutes) < SHORT

    @reads(Visit, "starts", "minutes")
    def span(self, obj):
        start, end = obj.starts, obj.ends
        return {"from": start.isoformat(), "to": end.isoformat()}

    @reads(Visit, "room", "minutes")
    def columns_shown(self, obj):
        return OrderedDict((name, getattr(obj, name)) for name in self.columns)

    @reads(Visit, "cancelled", "patient.email", "doctor.email")
    def mails(self, obj):
        people = (obj.patient, obj.doctor) if not obj.cancelled else (obj.doctor,)
        return [person.email for person in people]

    @reads(Visit, "patient.first_name", "patient.last_name", "doctor.first_name", "doctor.last_name")
    def names(self, obj):
        patient, doctor = (person.full_name for person in (obj.patient, obj.doctor))
        return f"{patient} / {doctor}"

    @reads(Visit, "patient_id", "doctor_id")
    def is_self(self, obj):
        return obj.patient_id == obj.doctor_id

    @reads(Visit, "patient.id", "doctor.id")
    def same_person(self, obj):
        return obj.patient == obj.doctor

    @reads(Visit, "doctor.manager_id", "patient.id")
    def treats_boss(self, obj):
        return obj.patient.is_manager_of(obj.doctor)

    @reads(Visit, "prescriptions.days")
    def longest(self, obj):
        return max([item.days for item in obj.prescriptions.all()] or [0])

    @reads(Visit, "prescriptions.days", "prescriptions.drug")
    def first_short(self, obj):
        return next((item.drug for item in obj.prescriptions.all() if item.days < 5), None)

    @reads(Visit, "prescriptions.days", "prescriptions.dose")
    def leading(self, obj):
        return [item.dose for item in takewhile(lambda item: item.days < 1, obj.prescriptions.all())]

    @reads(Visit, "prescriptions.drug", "prescriptions.dose")
    def table(self, obj):
        drugs = [item.drug for item in obj.prescriptions.all()]
        doses = [item.dose for item in obj.prescriptions.all()]
        return dict(zip(drugs, doses, strict=True))

    @reads(Visit, "prescriptions.drug")
    def pairs(self, obj):
        items = list(obj.prescriptions.all())
        return [(one.drug, other.drug) for one, other in zip(items, items[1:], strict=False)]

    @reads(Visit, "prescriptions")
    def any_drug(self, obj):
        return "yes" if obj.prescriptions.all() else "no"

    @reads(Visit, "prescriptions.drug")
    def first_drug(self, obj):
        items = obj.prescriptions.all()
        return items[0].drug if len(items) > 0 else None

    @reads(Visit, "prescriptions.drug", "prescriptions.advice")
    def advice(self, obj):
        return {item.drug: item.advice for item in obj.prescriptions.all()[:2]}

    @reads(Prescription, "visit.patient.first_name", "visit.patient.last_name", "drug")
    def sticker(self, obj):
        return "{patient}: {drug}".format(patient=obj.visit.patient, drug=obj.drug)  # noqa: UP032

    @reads(Prescription, "visit.starts", "days")
    def until(self, obj):
        return obj.visit.starts + timedelta(days=obj.days)

    @reads(Prescription, "visit.*", known=False)
    def checked(self, obj):
        return self.context["scorer"](obj.visit)
