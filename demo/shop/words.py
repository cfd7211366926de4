"""Names, titles and paragraphs out of a bag of words."""

from __future__ import annotations

from random import Random


def _bag(words: str) -> tuple[str, ...]:
    return tuple(words.split())


FIRST_NAMES = _bag("Ada Amir Anja Ben Chika Clara Dmitri Elif Emil Farah Greta Hugo Ines Jonas Kenji Leila Marta Noor")
LAST_NAMES = _bag("Abara Bauer Costa Duarte Eriksen Fournier Haddad Ito Jansen Kowalski Moreau Novak Okafor Rossi")
NOUNS = _bag("garden river winter clock orchard harbour letter island mirror lantern railway forest market tower")
ADJECTIVES = _bag("quiet hidden last burning distant broken golden silent borrowed northern paper restless")
CITIES = _bag("Bergen Braga Gdansk Ghent Graz Kyoto Lagos Lyon Porto Quito Turin Utrecht")
COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "EC": "Ecuador",
    "FR": "France",
    "IT": "Italy",
    "JP": "Japan",
    "NG": "Nigeria",
    "NL": "Netherlands",
    "NO": "Norway",
    "PL": "Poland",
    "PT": "Portugal",
    "TR": "Türkiye",
}


def title(rng: Random) -> str:
    """Return something that could be printed on a spine."""
    return f"The {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} and the {rng.choice(NOUNS)}".capitalize()


def person(rng: Random) -> tuple[str, str]:
    """Return a first name and a last name."""
    return rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)


def phrase(rng: Random) -> str:
    """Return a few words: a headline, a motto."""
    return f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}, {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}".capitalize()


def paragraphs(rng: Random, characters: int) -> str:
    """Return prose of about so many characters."""
    return " ".join(_SENTENCES[rng.randrange(len(_SENTENCES))] for _ in range(characters // _SENTENCE_LENGTH))


def _sentence(rng: Random) -> str:
    return f"The {rng.choice(ADJECTIVES)} {rng.choice(NOUNS)} was nowhere near the {rng.choice(ADJECTIVES)} one."


# Made once: writing forty megabytes of prose word by word would take longer than inserting it.
_SENTENCES = [_sentence(Random(number)) for number in range(200)]
_SENTENCE_LENGTH = sum(map(len, _SENTENCES)) // len(_SENTENCES)
