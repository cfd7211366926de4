"""Reading Python bodies: what a function reads from the model instance that it is given.

An abstract interpretation of the function's source. It never runs the project's code and never asks the database;
what it cannot follow it says, and then asks for every column of the one model that it lost sight of.
"""

from __future__ import annotations

from .bodies import clear, read_body
from .results import Subject

__all__ = ["Subject", "clear", "read_body"]
