"""``settings.DRF_AUTOPREFETCH``: every setting, its default and the reason for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .suggestions import did_you_mean

NAME = "DRF_AUTOPREFETCH"

#: What may be done about queries that no plan foresaw.
MODES = ("auto", "off", "count", "log", "warn", "raise", "heal")

#: What may be done about a response that took more queries than its budget.
OVER_BUDGET = ("log", "header", "raise")

#: Where counted queries may be handed to: the modules of ``contrib`` that do it.
METRICS = ("opentelemetry", "prometheus")

Entries = Sequence[Mapping[str, Any]]
Names = Sequence[str]
Budgets = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of ``settings.DRF_AUTOPREFETCH``, checked."""

    #: Switches the whole library off: every queryset is left as it was.
    ENABLED: bool = True
    #: Whether plans say ``only()``. Off, all columns are loaded; joins and prefetches stay.
    ONLY: bool = True
    #: Joins in one query before further to-one relations are prefetched; PostgreSQL stops reordering joins at 8.
    MAX_JOINS: int = 8
    #: How many times one serializer class may stand inside itself before its tree is cut off.
    MAX_DEPTH: int = 5
    #: Raise planning errors inside requests instead of logging them. For tests and CI.
    STRICT: bool = False
    #: Who may ask for ``?explain_prefetch=1`` when DEBUG is off: a DRF permission class, by dotted path.
    EXPLAIN_PERMISSION: str = "rest_framework.permissions.IsAdminUser"
    #: The query parameter that asks for the plan.
    EXPLAIN_PARAMETER: str = "explain_prefetch"
    #: Above so many rows, ``?explain_prefetch=analyze`` does not run the request without its plan.
    EXPLAIN_MAX_ROWS: int = 200
    #: Seconds after which a run of ``?explain_prefetch=analyze`` is cut, before its next query.
    EXPLAIN_TIMEOUT: int = 10
    #: How many plans are kept in memory, per process.
    CACHE_SIZE: int = 1024
    #: On Django 6.1 and later: load an unplanned to-one or deferred column for all rows at once (FETCH_PEERS).
    FETCH_PEERS: bool = True
    #: What to do about rows that are loaded one by one while they are shown: ``off``, ``count``, ``log``, ``warn``,
    #: ``raise`` or ``heal``; ``auto`` is ``log`` where DEBUG is on, else ``count``.
    UNPLANNED: str = "auto"
    #: Fields that may load row by row: ``{"path": "BookSerializer.stars", "reason": "…", "until": date(2030, 1, 1)}``.
    ALLOW_UNPLANNED: Entries = ()
    #: The share of responses of which is kept what is read of their rows, for ``suggest_prefetch_hints``: 1.0 is all of
    #: them. For development, CI and staging.
    LEARN: float = 0.0
    #: The file in which that is kept.
    LEARN_FILE: str = "prefetch_samples.jsonl"
    #: The share of responses whose queries the middleware counts: 1.0 is all of them, 0.0 none.
    SAMPLING: float = 1.0
    #: How many queries a response may take, by the name of its URL; ``*`` is for those not named: ``{"*": 30}``.
    BUDGETS: Budgets = field(default_factory=dict)
    #: What to do about a response over its budget: ``log``, ``header`` and ``raise``, any of them.
    OVER_BUDGET: Names = ("log",)
    #: Who is told what the middleware counts: ``prometheus``, ``opentelemetry``, or both.
    METRICS: Names = ()


def read_settings(values: Any) -> Settings:
    """Return ``values``, what a project wrote, as ``Settings``.

    Raises ImproperlyConfigured when a key is unknown or a value has the wrong type.
    """
    if not isinstance(values, dict):
        raise ImproperlyConfigured(f"{NAME} must be a dict, not {type(values).__name__}.")
    known = {each.name: type(_default(each)) for each in fields(Settings)}
    for key, value in values.items():
        if key not in known:
            raise ImproperlyConfigured(f"{NAME} has no setting {key!r}.{did_you_mean(str(key), known)}")
        _check(key, value, known[key])
    return Settings(**values)


def check_mode(where: str, value: Any) -> str:
    """Return ``value``, which must be one of ``MODES``. Raises ImproperlyConfigured where it is none."""
    if value not in MODES:
        raise ImproperlyConfigured(f"{where} must be one of {', '.join(MODES)}, not {value!r}.")
    return str(value)


def _default(setting: Field[Any]) -> Any:
    return setting.default if setting.default_factory is MISSING else setting.default_factory()


def _check(key: str, value: Any, kind: type) -> None:
    if not _has_type(value, kind):
        raise ImproperlyConfigured(f"{NAME}[{key!r}] must be of type {kind.__name__}, not {value!r}.")
    if isinstance(value, int | float) and value < 0:
        raise ImproperlyConfigured(f"{NAME}[{key!r}] must not be negative, not {value!r}.")
    if key in _CHECKS:
        _CHECKS[key](f"{NAME}[{key!r}]", value)


def _has_type(value: Any, kind: type) -> bool:
    also = {tuple: list, float: int}.get(kind)
    return type(value) in (kind, also)


def _check_share(where: str, value: float) -> None:
    if value > 1:
        raise ImproperlyConfigured(f"{where} must be a share from 0.0 to 1.0, not {value!r}.")


def _check_budgets(where: str, budgets: dict[Any, Any]) -> None:
    for name, queries in budgets.items():
        if not isinstance(name, str) or type(queries) is not int or queries < 0:
            raise ImproperlyConfigured(
                f"{where} must map names of URLs to numbers of queries, not {name!r} to {queries!r}."
            )


def _one_of(known: tuple[str, ...]) -> Callable[[str, Any], None]:
    def check(where: str, values: Sequence[Any]) -> None:
        for value in values:
            if value not in known:
                raise ImproperlyConfigured(f"{where} may have {', '.join(known)}, not {value!r}.")

    return check


#: What more than a type is demanded of a setting.
_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "UNPLANNED": check_mode,
    "LEARN": _check_share,
    "SAMPLING": _check_share,
    "BUDGETS": _check_budgets,
    "OVER_BUDGET": _one_of(OVER_BUDGET),
    "METRICS": _one_of(METRICS),
}


_current: Settings | None = None


def get_settings() -> Settings:
    """Return the settings in force, read once and again whenever a test overrides them."""
    global _current
    if _current is None:
        _current = read_settings(getattr(django_settings, NAME, {}))
    return _current


def _forget(*, setting: str, **kwargs: Any) -> None:
    global _current
    if setting == NAME:
        _current = None


setting_changed.connect(_forget, dispatch_uid="drf_autoprefetch.conf")
