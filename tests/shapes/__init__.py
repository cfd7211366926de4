"""The catalogue of serializer shapes: every way of saying what to show that the library must understand.

Each module is a theme; importing it puts its shapes into `SHAPES`.
"""

from __future__ import annotations

import importlib
import pkgutil

from tests.shapes.catalogue import SHAPES

__all__ = ["SHAPES"]

for theme in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{theme.name}")
