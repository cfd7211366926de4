"""Notes and origins: how they read."""

from __future__ import annotations

import pytest

from drf_autoprefetch.notes import CATALOGUE, Note, Origin, Severity

PLACED = Origin("BookSerializer", "stars", "shop/serializers.py", 41)
NOWHERE = Origin("BookSerializer", "")


def test_an_origin_is_named_after_its_field_or_its_serializer():
    assert [PLACED.name, NOWHERE.name] == ["BookSerializer.stars", "BookSerializer"]


def test_an_origin_says_file_and_line_where_they_are_known():
    assert [PLACED.place, NOWHERE.place] == ["shop/serializers.py:41", ""]


@pytest.mark.parametrize(
    ("note", "line"),
    [
        (
            Note("code-unread", "reviews.stars", "it is unknown.", "Write a hint.", PLACED),
            "BookSerializer.stars (reviews.stars): it is unknown. Write a hint. [shop/serializers.py:41]",
        ),
        (Note("left-alone", "", "it is a union.", "", NOWHERE), "BookSerializer: it is a union."),
    ],
)
def test_a_note_is_one_line_that_a_person_can_act_on(note, line):
    assert str(note) == line


def test_the_catalogue_says_how_severe_a_note_is():
    note = Note("planning-failed", "", "", "", NOWHERE)

    assert note.severity is Severity.ERROR


def test_the_catalogue_is_sorted_and_every_meaning_is_a_sentence():
    assert list(CATALOGUE) == sorted(CATALOGUE)
    assert [meaning for _, meaning in CATALOGUE.values() if not meaning.endswith(".")] == []
