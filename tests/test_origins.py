"""Where in the user's code something stands."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import pytest
from rest_framework import serializers

from drf_autoprefetch.notes import Origin
from drf_autoprefetch.reading.origins import (
    class_origin,
    class_place,
    enclosing_serializer,
    field_name,
    field_origin,
    field_path,
    function_place,
    shorten,
)
from tests.examples import Serializer

FILE = "tests/test_origins.py"


class Pages(Serializer):
    count = serializers.IntegerField()
    words: serializers.Field[Any, Any, Any, Any] = serializers.ListField(child=serializers.CharField())

    def validate_count(self, count: int) -> Any: ...


class Shelf(Serializer):
    pages = Pages(many=True)
    keys = serializers.ManyRelatedField(child_relation=serializers.StringRelatedField())
    first = second = serializers.CharField()


class Narrow(Pages):
    """Declares nothing itself."""


def line_of(text: str) -> int:
    """Return the number of the only line of this file that begins so."""
    lines = inspect.getsource(inspect.getmodule(Pages)).splitlines()  # type: ignore[arg-type]
    (number,) = [number for number, line in enumerate(lines, 1) if line.strip().startswith(text)]
    return number


def test_a_field_stands_where_its_serializer_declares_it():
    assert field_origin(Pages().fields["count"]) == Origin("Pages", "count", FILE, line_of("count = serializers"))


def test_an_annotated_declaration_is_one_too():
    assert field_origin(Pages().fields["words"], "hint") == Origin("Pages", "words", FILE, line_of("words:"), "hint")


def test_an_inherited_field_stands_where_the_base_declares_it():
    assert field_origin(Narrow().fields["count"]) == Origin("Narrow", "count", FILE, line_of("count = serializers"))


def test_two_names_may_be_declared_in_one_line():
    shelf = Shelf()

    assert [field_origin(shelf.fields[name]).line for name in ("first", "second")] == [line_of("first =")] * 2


def test_a_field_that_nobody_declared_stands_at_its_class():
    made = Pages()
    made.fields["extra"] = serializers.CharField()

    assert field_origin(made.fields["extra"]) == Origin("Pages", "extra", FILE, line_of("class Pages"))


def test_a_serializer_made_without_source_stands_nowhere():
    made = type("Made", (serializers.Serializer,), {"count": serializers.IntegerField()})

    assert field_origin(made().fields["count"]) == Origin("Made", "count")


@pytest.mark.parametrize("text", ["odd = type('Odd', (), {})\n", "class Odd(\n"], ids=["no class", "no Python"])
def test_source_without_the_class_declares_nothing(text, tmp_path, monkeypatch):
    made = type("Odd", (serializers.Serializer,), {"__module__": __name__, "count": serializers.IntegerField()})
    (tmp_path / "odd.py").write_text(text)
    monkeypatch.setattr(inspect, "getsourcefile", lambda cls: str(tmp_path / "odd.py"))

    assert field_origin(made().fields["count"]) == Origin("Odd", "count")


def test_a_field_without_a_serializer_is_its_class():
    assert field_origin(serializers.CharField()) == class_origin(serializers.CharField, "field")


def test_fields_of_rows_belong_to_the_serializer_of_a_row():
    shelf = Shelf()
    count = shelf.fields["pages"].child.fields["count"]  # type: ignore[attr-defined]

    assert (enclosing_serializer(count), field_name(count)) == (shelf.fields["pages"].child, "count")  # type: ignore[attr-defined]
    assert field_path(count) == "pages.count"


def test_what_a_list_holds_has_the_name_and_the_serializer_of_the_list():
    shelf = Shelf()
    for inner in (shelf.fields["pages"].child, shelf.fields["keys"].child_relation):  # type: ignore[attr-defined]
        assert enclosing_serializer(inner) is shelf
    assert field_name(shelf.fields["keys"].child_relation) == "keys"  # type: ignore[attr-defined]
    assert field_path(shelf.fields["keys"].child_relation) == "keys"  # type: ignore[attr-defined]


def test_a_root_has_neither_name_nor_path():
    assert (field_name(Shelf()), field_path(Shelf())) == ("", "")


def test_a_class_of_the_language_stands_nowhere():
    assert class_place(dict) == ("", 0)


def test_a_function_stands_in_its_first_line_whatever_wraps_it():
    @functools.wraps(Pages.validate_count)
    def wrapped(*args: Any) -> None:
        """Hides the function."""

    place = (FILE, line_of("def validate_count"))

    assert [function_place(wrapped), function_place(Pages.validate_count)] == [place, place]


def test_what_has_no_code_stands_nowhere():
    assert [function_place(len), function_place(3)] == [("", 0), ("", 0)]


def test_only_paths_below_the_working_directory_are_shortened(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    shorten.cache_clear()
    try:
        assert shorten(f"{tmp_path}/shop/views.py") == "shop/views.py"
        assert shorten(f"{tmp_path}-other/views.py") == f"{tmp_path}-other/views.py"
    finally:
        shorten.cache_clear()
