"""Codes, names and levels of schools."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _n
from booking.schools.models import School, SchoolKind
from booking.schools.reference import Level, Subject, levels, levels_by_code, levels_for, subjects_for
from booking.territory.rules import METROPOLITAN, fold

# ---- UAI

UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
# The first three digits are the département's, but for these. Wallis-et-Futuna keeps the 987 it had before the INSEE
# gave that number to Polynésie: every code of the shipped schools says so.
_PREFIXES = {
    "620": ("2A",),
    "720": ("2B",),
    "971": ("971", "977", "978"),
    "983": ("988",),
    "984": ("987",),
    "987": ("986",),
    **{code: (code,) for code in ("972", "973", "974", "975", "976", "977", "978", "986", "988")},
}


class WrongUai(Refusal):
    code = "wrong_uai"
    field = "uai"

    def sentence(self) -> Any:
        return _l("Un code UAI compte sept chiffres et une lettre, par exemple 0910620E.")


class WrongUaiLetter(WrongUai):
    """uai: the code as typed."""

    code = "wrong_uai_letter"
    uai: str

    def sentence(self) -> Any:
        return _l("La lettre de %(uai)s ne correspond pas à ses chiffres\u00a0: vérifiez le code UAI.", uai=self.uai)


class UnknownUaiPlace(WrongUai):
    """prefix: the three digits that stand for the département."""

    code = "unknown_uai_place"
    prefix: str

    def sentence(self) -> Any:
        return _l(
            "%(prefix)s, au début du code UAI, n’est celui d’aucun département\u00a0: vérifiez le code.",
            prefix=self.prefix,
        )


class WrongCommune(Refusal):
    """The UAI says another département than the commune."""

    code = "wrong_commune"
    field = "commune"

    def sentence(self) -> Any:
        return _l("Cette commune n’est pas dans le département qu’indique le code UAI. Vérifiez l’une et l’autre.")


def check_uai(text: str) -> str:
    """The UAI in capitals, without spaces.

    Refuses: WrongUai when it has not the shape of one, WrongUaiLetter when its check letter does not fit.
    """
    uai = re.sub(r"[\s.\-]+", "", text).upper()
    if not re.fullmatch(r"[0-9]{7}[A-Z]", uai):
        raise WrongUai
    if uai_letter(uai[:7]) != uai[7]:
        raise WrongUaiLetter(uai=uai)
    return uai


def uai_letter(digits: str) -> str:
    """The letter that checks the seven digits of a UAI."""
    return UAI_LETTERS[int(digits) % len(UAI_LETTERS)]


def departements_of_uai(uai: str) -> tuple[str, ...]:
    """The codes of the départements a valid UAI can be of: one, but for the islands around Guadeloupe.

    Refuses: UnknownUaiPlace.
    """
    prefix = uai[:3]
    if prefix in _PREFIXES:
        return _PREFIXES[prefix]
    if prefix[0] == "0" and prefix[1:] in METROPOLITAN:
        return (prefix[1:],)
    raise UnknownUaiPlace(prefix=prefix)


def guess_official_email(uai: str, mail_domain: str) -> str:
    """Where a public school's official mailbox should be: a guess, which a bounce may prove wrong."""
    return f"ce.{uai.lower()}@{mail_domain}"


# ---- Names

KIND_WORDS: dict[SchoolKind, Any] = {
    SchoolKind.ECOLE: _l("école"),
    SchoolKind.COLLEGE: _l("collège"),
    SchoolKind.LYCEE: _l("lycée"),
}

_SMALL_WORDS = frozenset("a à au aux d de des du en et l la le les lès par pour sous sur the".split())
_ACCENTS = {
    "APPLICATION": "application", "COLLEGE": "collège", "ECOLE": "école", "ELEMENTAIRE": "élémentaire",
    "ELEM": "élémentaire", "GENERAL": "général", "INTERCOMMUNALE": "intercommunale", "LYCEE": "lycée",
    "MATERNELLE": "maternelle", "POLYVALENT": "polyvalent", "PRIMAIRE": "primaire", "PRIVE": "privé",
    "PRIVEE": "privée", "PROFESSIONNEL": "professionnel", "PUBLIQUE": "publique", "TECHNOLOGIQUE": "technologique",
}  # fmt: skip
_INITIALS = frozenset("CLG EEPU EMPU EPLEI EREA LEGTA LGT LP LPO OGEC REP RPI SEGPA SEP".split())


def readable_name(name: str) -> str:
    """The school's name as one would write it: the ministry gives many of them in capitals without accents."""
    if name != name.upper():
        return re.sub(r"\b([Ee])cole\b", lambda word: "École" if word[1] == "E" else "école", name)
    words = re.sub(r"[A-ZÀ-ÖØ-ÞŒ]+", lambda word: _readable_word(word.group()), name)
    return words[:1].upper() + words[1:]


def _readable_word(word: str) -> str:
    if word in _INITIALS:
        return word
    if word in _ACCENTS:
        return _ACCENTS[word]
    lower = word.lower()
    return lower if lower in _SMALL_WORDS else word.capitalize()


# ---- What a search compares

_ABBREVIATIONS = {
    "clg": ("college",), "col": ("college",), "coll": ("college",), "ecol": ("ecole",), "elem": ("elementaire",),
    "lyc": ("lycee",), "lgt": ("lycee",), "lpo": ("lycee",), "legt": ("lycee",), "lp": ("lycee", "professionnel"),
    "mat": ("maternelle",), "nd": ("notre", "dame"), "st": ("saint",), "ste": ("sainte",), "sts": ("saints",),
    "stes": ("saintes",),
}  # fmt: skip


def search_terms(text: str) -> list[str]:
    """The folded words of a text, the usual abbreviations written out: « clg st exupéry » → college saint exupery."""
    return [term for word in fold(text).split() for term in _ABBREVIATIONS.get(word, (word,))]


def search_text(uai: str, name: str, kind: SchoolKind, nature: str, commune: str, postcode: str) -> str:
    """What a search reads of a school. Every word follows a space, every part a stroke: the name, the commune with
    its postcode, the UAI with the kind."""
    more = "professionnel" if "PROFESSIONNEL" in nature else ""
    parts = (name, f"{commune} {postcode}", f"{uai} {kind.value} {more}")
    return "/ " + " / ".join(" ".join(search_terms(part)) for part in parts)


# ---- What a class of a school can be of


def levels_for_school(school: School) -> list[Level]:
    """The levels its classes can have. Its Segpa, Ulis and tracks are not looked at: what we know of them may be old."""
    return levels_for(school.kind)


def subjects_for_school(school: School) -> list[Subject]:
    """The subjects and roles of its staff."""
    return subjects_for(school.kind)


# ---- Levels in words

_LADDER = ("PS", "MS", "GS", "CP", "CE1", "CE2", "CM1", "CM2", "6E", "5E", "4E", "3E", "2", "1", "T")
_RUNGS = {name: place for place, name in enumerate(_LADDER)}
# The rungs of the lycée, which several levels share.
_SHARED = ("2", "1", "T")
_TRACKS = ("generale", "techno", "pro")
_UNUSUAL = {"APPRENTI", "AUTRE"}
_PAIRS = {("CAP1", "CAP2"): "CAP", ("BTS1", "BTS2"): "BTS", ("CPGE1", "CPGE2"): "CPGE"}


def level_label(code: str | None) -> str:
    """The level's short form, « 4ᵉ », « 2ᵈᵉ GT »; the code itself when it is not known, nothing when there is none."""
    level = levels_by_code().get(code or "")
    return level.short_label if level else code or ""


def level_span_words(codes: Iterable[str]) -> str:
    """Several levels in few words, none of them added: « 4ᵉ à terminale, CAP », « 6ᵉ à 3ᵉ Segpa ».

    A year of the lycée goes without its track only when every track of that year is there.
    """
    wanted = {code for code in codes if code}
    if not wanted or wanted >= set(levels_by_code()) - _UNUSUAL:
        return _("tous niveaux")
    rungs: dict[str, set[int]] = {}
    for year in _SHARED:
        _take_year(year, wanted, rungs)
    _join_second_year(rungs)
    for code in sorted(wanted):
        track, rung = _place_of(code)
        if rung is not None:
            rungs.setdefault(track, set()).add(rung)
            wanted.discard(code)
    parts = [(run[0], _run_words(run, track)) for track, taken in rungs.items() for run in _runs_of(sorted(taken))]
    parts += [(len(_LADDER) + rank, words) for rank, words in _others(wanted)]
    return ", ".join(words for _first, words in sorted(parts))


def _take_year(year: str, wanted: set[str], rungs: dict[str, set[int]]) -> None:
    """Move the codes of a year of the lycée out of `wanted`, under the widest track that they fill."""
    general, technological, vocational = (_codes_of(year, track) for track in _TRACKS)
    for track, codes in (
        ("", general | technological | vocational),
        ("GT", general | technological),
        ("generale", general),
        ("techno", technological),
        ("pro", vocational),
    ):
        if codes <= wanted:
            wanted -= codes
            rungs.setdefault(track, set()).add(_RUNGS[year])


def _codes_of(year: str, track: str) -> set[str]:
    # « 2GT » is of two tracks: they part a year later.
    return {level.code for level in levels() if level.code[0] == year and track in level.track.split()}


def _join_second_year(rungs: dict[str, set[int]]) -> None:
    """The first year of the lycée reads with the general track when that one alone follows."""
    if rungs.get("GT") == {_RUNGS["2"]} and "generale" in rungs:
        rungs["generale"] |= rungs.pop("GT")


def _place_of(code: str) -> tuple[str, int | None]:
    """The track of a level and its rung on the ladder; no rung for a level that stands beside it."""
    if code in _RUNGS and code not in _SHARED:
        return "", _RUNGS[code]
    if found := re.fullmatch(r"([3-6]E)-SEGPA", code):
        return "Segpa", _RUNGS[found[1]]
    level = levels_by_code().get(code)
    if level and level.track == "techno":
        return code[1:], _RUNGS[code[0]]
    return "", None


def _runs_of(taken: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for rung in taken:
        if runs and runs[-1][-1] == rung - 1:
            runs[-1].append(rung)
        else:
            runs.append([rung])
    return runs


def _run_words(run: list[int], track: str) -> str:
    first, last = _rung_words(run[0]), _rung_words(run[-1])
    if len(run) == 1:
        words = first
    elif len(run) == 2:
        words = _("%(first)s et %(last)s", first=first, last=last)
    else:
        words = _("%(first)s à %(last)s", first=first, last=last)
    return f"{words} {_track_words(track, len(run))}".strip()


def _track_words(track: str, count: int) -> str:
    if track == "generale":
        return _n("générale", "générales", count)
    if track == "techno":
        return _n("technologique", "technologiques", count)
    return track


def _rung_words(rung: int) -> str:
    name = _LADDER[rung]
    return {"2": _("2ᵈᵉ"), "1": _("1ʳᵉ"), "T": _("terminale")}.get(name) or level_label(name)


def _others(codes: set[str]) -> list[tuple[int, str]]:
    """What stands beside the ladder, with its rank; the two years of a diploma under its name."""
    ranks = {level.code: level.rank for level in levels()}
    left, parts = set(codes), []
    for pair, words in _PAIRS.items():
        if left >= set(pair):
            left -= set(pair)
            parts.append((ranks[pair[0]], words))
    return parts + [(ranks.get(code, len(ranks) + 1), level_label(code)) for code in sorted(left)]
