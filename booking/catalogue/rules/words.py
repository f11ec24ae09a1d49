"""How text becomes words that can be found: folded, then stemmed in French, the same way for texts and for searches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from booking.territory.rules import fold

LONGEST_WORD = 40
MOST_WORDS = 10
MOST_LOOK_ALIKES = 20

# Words of one letter are left out too. « visite », « atelier », « table » say what kind of activity is looked for: kept.
STOP_WORDS = frozenset(
    "a ai ainsi au aux avec c ce ces cet cette chez comme d dans de des du elle elles en entre est et etre eux il ils "
    "j je l la le les leur leurs lors lui m mais mes moi mon n ne nos notre nous on ont ou par pas pour qu que quel "
    "quelle qui quoi s sa sans se ses si son sont sous sur t ta te tes toi ton tout tous toute toutes tres tu un une "
    "vers vos votre vous y of the to and for with".split()
)

_BETWEEN = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class Word:
    """A word of a text. folded: as it is compared; shown: as it was written, in lower case."""

    folded: str
    shown: str


def words_in(text: str) -> Iterator[Word]:
    """The words worth finding, in order: apostrophes and hyphens part words, stop words are left out."""
    for piece in _BETWEEN.split(unicodedata.normalize("NFC", text).lower()):
        parts = fold(piece).split()
        for part in parts:
            if part not in STOP_WORDS and (len(part) > 1 or part.isdigit()):
                yield Word(part[:LONGEST_WORD], (piece if len(parts) == 1 else part)[:LONGEST_WORD])


@lru_cache(maxsize=100_000)
def stem(folded: str) -> str:
    """What a word shares with its plural, its feminine and its family: « turbines » and « turbine » give the same.

    The text is folded first: whoever types without accents must find the same words.
    """
    # A stemmer keeps the word at hand in itself, so threads cannot share one.
    return snowballstemmer.stemmer("french").stemWord(folded)[:LONGEST_WORD] or folded


@dataclass(frozen=True)
class Term:
    """A word of an activity as it is stored: its stem, its spelling with accents, and how much it weighs."""

    stem: str
    shown: str
    weight: int


def weigh(texts: Iterable[tuple[int, str]]) -> dict[str, Term]:
    """The terms of weighted texts, by folded word: a word met twice keeps its heaviest place."""
    terms: dict[str, Term] = {}
    for weight, text in texts:
        for word in words_in(text):
            known = terms.get(word.folded)
            if known is None or known.weight < weight:
                terms[word.folded] = Term(stem(word.folded), word.shown, weight)
    return terms


@dataclass(frozen=True)
class Wanted:
    """A word searched for. is_last: it may be the beginning of a longer one, somebody is still typing."""

    folded: str
    shown: str
    stem: str
    is_last: bool


def wanted_words(text: str) -> tuple[Wanted, ...]:
    """The words of a search, each family once, at most ten."""
    words = list(words_in(text))[:MOST_WORDS]
    last = {stem(word.folded): n for n, word in enumerate(words)}
    return tuple(
        Wanted(word.folded, word.shown, stem(word.folded), n == len(words) - 1)
        for n, word in enumerate(words)
        if last[stem(word.folded)] == n
    )


@dataclass(frozen=True)
class Known:
    """A word that the programme holds, and in how many activities."""

    folded: str
    shown: str
    stem: str
    count: int


def mistakes_allowed(word: str) -> int:
    """How many letters may be wrong, missing, doubled or exchanged: none in a short word or in a number."""
    if len(word) < 4 or any(sign.isdigit() for sign in word):
        return 0
    return 1 if len(word) <= 5 else 2 if len(word) <= 8 else 3


def look_alikes(word: str, among: Sequence[str]) -> list[str]:
    """The words that differ by few enough mistakes to be meant, the fewest first, twenty at most."""
    most = mistakes_allowed(word)
    if not most:
        return []
    found = process.extract(word, among, scorer=OSA.distance, score_cutoff=most, limit=MOST_LOOK_ALIKES)
    return [each for each, mistakes, _place in found if mistakes <= mistakes_allowed(each)]


def nearest(word: str, among: Iterable[Known]) -> Known | None:
    """The known word that was most likely meant: fewest mistakes, same first letter, most used; None when none is near."""
    known = {each.folded: each for each in among}

    def likelihood(folded: str) -> tuple[int, bool, int, str]:
        return OSA.distance(word, folded), folded[:1] != word[:1], -known[folded].count, folded

    meant = min(look_alikes(word, sorted(known)), key=likelihood, default=None)
    return known[meant] if meant else None
