"""A fleet: vehicles, trips, drivers."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: UP030, C408

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import mean

from django.db.models import Sum

from .corpus import Theme, reads
from .models import Person, Trip, Vehicle

KM_PER_MILE = 1.609


def consumption(trip):
    return trip.fuel / trip.distance * 100 if trip.distance else 0.0


def average(rows, of):
    values = [of(row) for row in rows]
    return mean(values) if values else None


@dataclass
class Leg:
    start: str
    end: str
    trip: Trip
    marks: list = field(default_factory=list)

    def __post_init__(self):
        self.marks.append(self.trip.distance)

    def far(self):
        return self.trip.distance > 5


class Meter:
    """Counts; keeps what it was given."""

    def __init__(self):
        self.trips = []

    def add(self, trip):
        self.trips.append(trip)
        return self

    def total(self):
        return sum(trip.distance for trip in self.trips)


class Fleet(Theme):
    unit = "km"

    def _distance(self, kilometres):
        if self.context.get("imperial"):
            return f"{kilometres / KM_PER_MILE:.1f} mi"
        return f"{kilometres} {self.unit}"

    @reads(Vehicle, "mileage")
    def mileage(self, obj):
        return self._distance(obj.mileage)

    @reads(Vehicle, "plate", "model")
    def title(self, obj):
        return f"{obj} {obj.model!r}"

    @reads(Vehicle, "mileage")
    def service_due(self, obj):
        return math.ceil(obj.mileage / 15000) * 15000 - obj.mileage

    @reads(Vehicle, "driver.first_name", "driver.last_name", "driver.phone")
    def driver(self, obj):
        driver = obj.driver
        return None if driver is None else {"name": driver.full_name, "phone": driver.phone}

    @reads(Vehicle, "trips.distance")
    def distance(self, obj):
        return self._distance(sum(trip.distance for trip in obj.trips.all()))

    @reads(Vehicle, "trips.fuel", "trips.distance")
    def consumption(self, obj):
        return average(obj.trips.all(), consumption)

    @reads(Vehicle, "trips.fuel", "trips.distance")
    def thirstiest(self, obj):
        return max((consumption(trip) for trip in obj.trips.all()), default=0)

    @reads(Vehicle, "trips.started", "trips.target")
    def position(self, obj):
        trips = sorted(obj.trips.all(), key=lambda trip: trip.started)
        return trips[-1].target if trips else "depot"

    @reads(Vehicle, "trips.origin", "trips.target")
    def places(self, obj):
        places = set()
        for trip in obj.trips.all():
            places.update((trip.origin, trip.target))
        return sorted(places)

    @reads(Vehicle, "trips.origin", "trips.target", "trips.distance")
    def legs(self, obj):
        legs = [Leg(trip.origin, trip.target, trip) for trip in obj.trips.all()]
        return [(leg.start, leg.end, leg.marks) for leg in legs if leg.far()]

    @reads(Vehicle, "trips.distance")
    def metered(self, obj):
        meter = Meter()
        for trip in obj.trips.all():
            meter.add(trip)
        return meter.total()

    @reads(Vehicle, "trips.driver.id", "driver.id", "trips.id")
    def foreign_trips(self, obj):
        return [trip.pk for trip in obj.trips.all() if trip.driver != obj.driver]

    @reads(Vehicle, "trips.driver_id", "driver_id", "trips.distance")
    def own_distance(self, obj):
        return sum(trip.distance for trip in obj.trips.all() if trip.driver_id == obj.driver_id)

    @reads(Vehicle, "trips.driver.first_name", "trips.driver.last_name", "trips.driver.id")
    def drivers(self, obj):
        return [str(driver) for driver in {trip.driver for trip in obj.trips.all()}]

    @reads(Vehicle, "trips.distance", "trips.started")
    def per_day(self, obj):
        days = {}
        for trip in obj.trips.all():
            day = trip.started.date()
            days[day] = days.get(day, 0) + trip.distance
        return days

    @reads(Vehicle, "id", n_plus_one=True)
    def fuel(self, obj):
        return obj.trips.aggregate(total=Sum("fuel"))["total"] or 0

    @reads(Vehicle, "id", n_plus_one=True)
    def last_trip(self, obj):
        trip = obj.trips.order_by("-started").first()
        return {"to": trip.target, "by": trip.driver.full_name} if trip else None

    @reads(Vehicle, "id", n_plus_one=True)
    def long_trips(self, obj):
        return obj.trips.filter(distance__gt=5).exists()

    @reads(Trip, "vehicle.plate", "vehicle.model")
    def vehicle(self, obj):
        return "{0} ({1})".format(obj.vehicle, obj.vehicle.model)  # noqa: UP032

    @reads(Trip, "vehicle.driver_id", "driver_id")
    def borrowed(self, obj):
        return obj.vehicle.driver_id != obj.driver_id

    @reads(Trip, "distance", "fuel")
    def economy(self, obj):
        return round(consumption(obj), 1)

    @reads(Trip, "driver.manager.email")
    def report_to(self, obj):
        manager = obj.driver.manager
        if not manager:
            return None
        return manager.email

    @reads(Trip, "vehicle.trips.distance", "distance")
    def share(self, obj):
        whole = sum(trip.distance for trip in obj.vehicle.trips.all())
        return obj.distance / whole if whole else 0

    @reads(Trip, "vehicle.trips.started", "vehicle.trips.id", "started", "id")
    def rank(self, obj):
        ordered = sorted(obj.vehicle.trips.all(), key=lambda trip: (trip.started, trip.id))
        return ordered.index(obj), obj.started

    @reads(Trip, "origin", "target")
    def is_loop(self, obj):
        return obj.origin.lower() == obj.target.lower()

    @reads(Trip, "origin", "target", "distance")
    def as_dict(self, obj):
        return dict(origin=obj.origin, target=obj.target, distance=self._distance(obj.distance))

    @reads(Person, "trips.vehicle.plate", "vehicles.plate")
    def plates(self, obj):
        driven = {trip.vehicle.plate for trip in obj.trips.all()}
        own = {vehicle.plate for vehicle in obj.vehicles.all()}
        return {"own": sorted(own), "others": sorted(driven - own)}

    @reads(Person, "trips.distance", "trips.vehicle.id")
    def per_vehicle(self, obj):
        found = {}
        for trip in obj.trips.all():
            found[trip.vehicle] = found.get(trip.vehicle, 0) + trip.distance
        return sorted(found.values())

    @reads(Person, "trips.distance")
    def two_longest(self, obj):
        longest = sorted((trip.distance for trip in obj.trips.all()), reverse=True)[:2]
        match longest:
            case [first, second]:
                return first + second
            case [first]:
                return first
        return 0
