"""Fill the shop: the same rows every time, on every database."""

from __future__ import annotations

from random import Random

from django.core.management.color import no_style
from django.db import connection, models, transaction

from demo.progress import Report
from demo.shop.models import Audiobook
from demo.shop.rows import TABLES
from demo.shop.rows.drawing import Sizes

BATCH = 500


def seed(scale: float, report: Report) -> None:
    """Fill the empty tables; about fifty thousand rows at scale 1."""
    sizes = Sizes.scaled(scale)
    with transaction.atomic():
        for name, (model, rows) in TABLES.items():
            _insert(name, model, list(rows(Random(f"bookshop {name}"), sizes)), report)
        _let_keys_go_on()


def _insert(name: str, model: type[models.Model], rows: list[models.Model], report: Report) -> None:
    report(name, 0, len(rows))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        if model is Audiobook:
            _insert_children(batch)
        else:
            model._default_manager.bulk_create(batch)
        report(name, start + len(batch), len(rows))


def _insert_children(rows: list[models.Model]) -> None:
    """Insert rows of a child table whose parent rows exist already, which ``bulk_create`` refuses to do."""
    for row in rows:
        row.save_base(raw=True, force_insert=True)


def _let_keys_go_on() -> None:
    """Tell the sequences of the database about the keys that were given, as ``loaddata`` does."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model for model, _ in TABLES.values()]):
            cursor.execute(statement)
