"""The report as its layout (templates/tracking/summary/report.typ) reads it: plain JSON, in the French of the administration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from booking.core.dates import NBSP, format_day
from booking.core.i18n import speaking
from booking.core.typography import french_spaces
from booking.core.web import format_number
from booking.tracking.comparisons import Line
from booking.tracking.figures import Figure
from booking.tracking.summary.facts import Part, Summary
from booking.tracking.views import Share

LAYOUT = "tracking/summary/report.typ"
TILES = (
    ("classes", "classes différentes"), ("pupils", "élèves différents"), ("schools", "établissements touchés"),
    ("bookings", "visites réservées"), ("attended", "visites faites"), ("companies", "entreprises"),
)  # fmt: skip
OFFER = ("activities", "slots", "offered", "taken", "free", "fill")
CAME = ("attended", "classes_present", "pupils_present", "missed", "excused", "unrecorded")
ANSWERS = ("answer_hours", "declined", "cancelled", "waiting", "needs")
MOST_ENDINGS = 5
DEFINED = ("activities", "bookings", "classes", "pupils", "schools", "participations", "offered", "fill", "attended", "pupils_present")  # fmt: skip


def content_of(summary: Summary, shares: Sequence[Share], narrowed: Sequence[str]) -> dict[str, Any]:
    """The two pages. narrowed: in words, what the figures leave out."""
    with speaking("fr"):
        kind = "Bilan" if summary.is_over else "Bilan provisoire"
        content = {
            "title": f"{kind} – {summary.edition.name}",
            "kind": kind,
            "edition": summary.edition.name,
            "territory": summary.territory,
            "dates": _dates(summary),
            "made": f"Établi le {format_day(summary.made_on, weekday=False)}",
            "narrowed": f"Chiffres restreints à{NBSP}: {', '.join(narrowed)}." if narrowed else "",
            "lead": lead(summary),
            "tiles": [_tile(summary, code, words) for code, words in TILES],
            "offer": _lines(summary, OFFER),
            "came": _lines(summary, CAME),
            "answers": _lines(summary, ANSWERS),
            "endings": [
                [f"{_start(str(line.why))}, par {line.who}", format_number(line.bookings)]
                for line in summary.board.endings[:MOST_ENDINGS]
            ],
            "compared": _comparison(summary),
            "compared_note": _compared_note(summary),
            "editions": [e.name for e in (summary.edition, summary.previous) if e],
            "places_title": str(summary.places_title),
            "places_head": str(summary.places_title).removeprefix("Par ").capitalize(),
            "places": [_part(part) for part in summary.places],
            "total": [
                "Ensemble",
                *of_schools(summary.board.reached.total.schools, summary.schools),
                *_counts(summary.board.reached.total),
            ],
            "communes": [_part(part) for part in summary.communes],
            "groups": [_part(part) for part in summary.groups],
            "groups_note": _groups_note(summary),
            "shares": [
                [str(share.label), format_number(share.counts.schools), *_counts(share.counts)] for share in shares
            ],
            "definitions": [[_capital(f), str(f.definition)] for f in map(summary.figure, DEFINED)],
        }
    return _typeset(content)


def _typeset(value: Any) -> Any:
    """Every sentence with the no-break spaces of French."""
    if isinstance(value, str):
        return french_spaces(value)
    if isinstance(value, dict):
        return {key: _typeset(each) for key, each in value.items()}
    return [_typeset(each) for each in value] if isinstance(value, list) else value


def lead(summary: Summary) -> str:
    """The sentence that a reader in a hurry reads."""
    counts = summary.board.reached.total
    if not counts.bookings:
        return "Aucun établissement du territoire n’a encore réservé de visite dans cette édition."
    share = summary.percent_of_schools
    schools = _number(counts.schools, "établissement", "établissements")
    of_all = f" sur {format_number(summary.schools)} ({format_number(share)}{NBSP}%)" if share is not None else ""
    return (
        f"{_number(counts.pupils, 'élève', 'élèves')} de {_number(counts.classes, 'classe', 'classes')}, "
        f"dans {schools}{of_all}, ont une visite ou un atelier réservé{NBSP}: {_number(counts.bookings, 'réservation', 'réservations')} "
        f"en tout, soit {_number(counts.participations, 'participation', 'participations')} d’élèves.{_declared(summary)}"
    )


def _declared(summary: Summary) -> str:
    """What the board counts beside the bookings, said once: all the other figures are those of the bookings."""
    if not summary.board.together.has_declared:
        return ""
    both = summary.board.together.together
    return (
        f" Avec les visites organisées ailleurs et déclarées, {_number(both.pupils, 'élève', 'élèves')} "
        f"de {_number(both.classes, 'classe', 'classes')} dans {_number(both.schools, 'établissement', 'établissements')}."
    )


def _number(value: int, one: str, many: str) -> str:
    return f"{format_number(value)}{NBSP}{one if value < 2 else many}"


def _dates(summary: Summary) -> str:
    edition, filters = summary.edition, summary.filters
    if edition.is_permanent:
        return "Toute l’année"
    first, last = filters.first_on or edition.window_starts_on, filters.last_on or edition.window_ends_on
    days = f"Visites du {format_day(first, weekday=False)} au {format_day(last, weekday=False)}"
    return f"{days}, semaine du {format_day(edition.starts_on, year=False, weekday=False)}"


def _tile(summary: Summary, code: str, words: str) -> dict[str, str]:
    figure = summary.figure(code)
    came = summary.figure("classes_present").value or 0
    below = {
        "classes": _number(came, "classe venue", "classes venues") if came else "",
        "pupils": _number(summary.figure("participations").value or 0, "participation", "participations"),
        "schools": f"sur {format_number(summary.schools)}, soit {format_number(summary.percent_of_schools or 0)}{NBSP}%"
        if summary.schools
        else "",
        "bookings": f"dont {_number(summary.figure('confirmed').value or 0, 'confirmée ou faite', 'confirmées ou faites')}",
        "attended": _number(summary.figure("pupils_present").value or 0, "élève venu", "élèves venus"),
        "companies": _number(summary.figure("activities").value or 0, "activité publiée", "activités publiées"),
    }[code]
    return {"value": figure.words, "words": words, "below": below}


def _lines(summary: Summary, codes: Iterable[str]) -> list[list[str]]:
    return [[_capital(figure), _spaced(figure.words)] for figure in map(summary.figure, codes)]


def _capital(figure: Figure) -> str:
    return _start(str(figure.label))


def _start(words: str) -> str:
    return words[:1].upper() + words[1:]


def _spaced(words: str) -> str:
    """A unit stays with its number."""
    return words.replace(" ", NBSP)


def _comparison(summary: Summary) -> list[list[str]]:
    """The figures of both editions; of one that is not over, what was booked as early, and not who came."""
    if summary.previous is None:
        return []
    shown = [line for line in summary.lines if summary.is_over or line.figures[0].code not in CAME]
    rows = [_compared(line) for line in shown]
    if not summary.is_over:
        now, before = summary.same_day
        change = round(100 * (now - before) / before) if before else None
        rows.append([SAME_DAY, format_number(now), format_number(before), _change(change)])
    return rows


SAME_DAY = "Réservations au même jour avant la semaine"


def _compared_note(summary: Summary) -> str:
    words = "Les deux éditions sont comptées de la même façon."
    if not summary.is_over:
        words += " L’édition en cours n’est pas finie : sauf à la dernière ligne, elle est comparée à l’édition précédente entière."
    if summary.filters.first_on or summary.filters.last_on:
        words += " L’édition précédente est comptée tous jours confondus."
    return words


def _compared(line: Line) -> list[str]:
    return [_capital(line.figures[0]), *(_spaced(figure.words) for figure in line.figures), _change(line.change)]


def _change(change: int | None) -> str:
    if change is None:
        return "–"
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{sign}{format_number(abs(change))}{NBSP}%"


def _part(part: Part) -> list[str]:
    return [part.label, *of_schools(part.counts.schools, part.schools), *_counts(part.counts)]


def of_schools(schools: int, of: int | None) -> list[str]:
    """« 12 sur 140 », then the share in percent, which a bar shows too."""
    if not of:
        return [format_number(schools), ""]
    return [f"{format_number(schools)} sur {format_number(of)}", str(min(100, round(100 * schools / of, 1)))]


def _counts(counts: Any) -> list[str]:
    return [format_number(value) for value in (counts.classes, counts.pupils, counts.bookings, counts.pupils_present)]


def _groups_note(summary: Summary) -> str:
    words = "Un établissement peut être dans plusieurs groupes, ou dans aucun : ces lignes ne s’additionnent pas."
    left = (
        f" {_number(summary.left, 'autre groupe touché est', 'autres groupes touchés sont')} au tableau de bord."
        if summary.left
        else ""
    )
    return words + left if summary.groups else ""
