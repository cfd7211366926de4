"""Have a filled bookshop in the database, building it only when there is none or the code that makes it has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from demo.progress import Progress
from demo.shop.models import Opening
from demo.shop.seed import seed

SOURCES = ("models", "rows", "seed.py", "words.py")


def ensure_shop(scale: float, *, fresh: bool = False) -> None:
    """Make the tables and their rows unless the database holds exactly these already; ``fresh`` builds them anyway.

    Only tables whose names start with ``demo_shop_`` are ever dropped.
    """
    fingerprint = _fingerprint(scale)
    if not fresh and _is_open(fingerprint):
        return
    _drop_tables()
    call_command("migrate", run_syncdb=True, verbosity=0)
    seed(scale, Progress())
    Opening.objects.create(fingerprint=fingerprint)


def _fingerprint(scale: float) -> str:
    here = Path(__file__).parent / "shop"
    digest = hashlib.sha256(str(scale).encode())
    for source in SOURCES:
        files = sorted((here / source).glob("*.py")) or [here / source]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_open(fingerprint: str) -> bool:
    try:
        with transaction.atomic():
            return Opening.objects.filter(fingerprint=fingerprint).exists()
    except DatabaseError:  # No such table: nothing was ever built here.
        return False


def _drop_tables() -> None:
    present = set(connection.introspection.table_names())
    tables: list[type[models.Model]] = [
        model for model in apps.get_app_config("demo_shop").get_models() if model._meta.db_table in present
    ]
    with connection.schema_editor() as editor:
        for model in reversed(tables):
            editor.delete_model(model)
