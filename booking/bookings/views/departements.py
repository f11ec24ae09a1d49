"""The programme of a département, by day and commune: a page, and the sheets that its prefecture prints and hands out.

Public data alone, for anybody: no account, no cookie.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.bookings.papers.printing import pdf_of, qr_svg
from booking.catalogue import queries
from booking.catalogue.exports import places_words, without_contacts
from booking.catalogue.models import Edition, LabelState, Slot
from booking.catalogue.queries import FoundSlots
from booking.catalogue.rules import wording
from booking.catalogue.rules.editions import PARIS
from booking.catalogue.rules.search import Search
from booking.core import clock
from booking.core.dates import NBSP, format_day
from booking.core.i18n import speaking
from booking.core.typography import french_spaces
from booking.core.web import format_hours, format_number, kept_document
from booking.mail.identity import absolute_url
from booking.schools.rules import level_span_words
from booking.territory.models import Departement
from booking.territory.queries import departements as all_departements
from booking.territory.rules import fold

bp = Blueprint("departements", __name__, url_prefix="/programme/departements")

LAYOUT = "programme/departement.typ"
MOST_PRINTED = 600
SHARED = "public, max-age=900"


@dataclass(frozen=True)
class Programme:
    """days: the slots of each day, by commune; those of firms that come to the school under none."""

    departement: Departement
    edition: Edition
    days: list[tuple[date, list[tuple[str, list[Slot]]]]]
    shown: int
    total: int

    @property
    def where(self) -> str:
        return wording.in_departement(self.departement.code, self.departement.name)


@bp.get("")
def index() -> str:
    """The départements that have something to book."""
    edition = _edition()
    counts = queries.open_slots_by_departement(edition) if edition else {}
    places = [(place, counts[place.code]) for place in all_departements() if place.code in counts]
    today = clock.now().astimezone(PARIS).date()
    past = [each for each in reversed(queries.editions()) if not each.is_permanent and each.window_ends_on < today]
    return render_template("programme/departements.html", edition=edition, places=places, past=past)


@bp.get("/<code>")
def show(code: str) -> str:
    programme = _programme_or_404(code)
    return render_template("programme/departement.html", programme=programme, places_words=places_words, label_of=label_of,
                           without_contacts=without_contacts)  # fmt: skip


@bp.route("/<code>.pdf", methods=["GET"], provide_automatic_options=False)
def printed(code: str) -> Response:
    """The same on paper, in French."""
    with speaking("fr"):
        programme = _programme_or_404(code)
        changed_at = max(filter(None, (queries.last_change(programme.edition), programme.edition.created_at)))
        content = content_of(programme)
    body = _made(json.dumps(content, ensure_ascii=False), changed_at)
    name = f"programme-{programme.departement.code}-{programme.edition.slug}.pdf"
    return kept_document(body, "application/pdf", "inline", name, cache=SHARED, changed_at=changed_at)


@lru_cache(maxsize=16)
def _made(content: str, changed_at: datetime) -> bytes:
    """Asked for by anybody, as often as they like: a programme that says the same is set once."""
    return pdf_of(json.loads(content), changed_at, LAYOUT)


def label_of(slot: Slot) -> str:
    """The official number, empty without a label."""
    activity = slot.activity
    return activity.label_number if activity.label_state is LabelState.GRANTED and activity.label_number else ""


def by_day(slots: Sequence[Slot]) -> list[tuple[date, list[tuple[str, list[Slot]]]]]:
    """The slots by day, then by commune in the order of the alphabet, then by hour."""

    def commune(slot: Slot) -> str:
        return "" if slot.activity.comes_to_class else slot.activity.site.commune_name

    def order(slot: Slot) -> tuple[Any, ...]:
        return slot.local_start.date(), fold(commune(slot)), commune(slot), slot.local_start, slot.id

    in_order = sorted(slots, key=order)
    return [
        (day, [(name, list(there)) for name, there in groupby(of_day, key=commune)])
        for day, of_day in groupby(in_order, key=lambda slot: slot.local_start.date())
    ]


def content_of(programme: Programme) -> dict[str, Any]:
    """The sheets as their layout (templates/programme/departement.typ) reads them."""
    address = absolute_url(url_for(".show", code=programme.departement.code).removeprefix(request.script_root), "fr")
    edition = programme.edition
    today = clock.now().astimezone(PARIS).date()
    slots = f"{format_number(programme.total)}{NBSP}{'créneau' if programme.total < 2 else 'créneaux'}"
    content = {
        "title": f"Programme {programme.where}",
        "edition": edition.name,
        "dates": ""
        if edition.is_permanent
        else f"Du {format_day(edition.window_starts_on, weekday=False)} au {format_day(edition.window_ends_on, weekday=False)}",
        "made": f"État du {format_day(today, weekday=False)}",
        "count": slots
        if programme.shown == programme.total
        else f"{slots}, dont les {format_number(programme.shown)} premiers ici",
        "how_title": "Pour réserver",
        "how": [
            "Ouvrez la page du programme (adresse ci-contre, ou code à photographier) et choisissez un créneau.",
            "Dites votre classe en quelques mots : le service indique aussitôt si la date convient, et qui doit répondre.",
            "L’entreprise et votre établissement confirment ; la convention et les papiers de la sortie sont prêts à imprimer.",
        ],
        "free": "Visites et ateliers sont gratuits. Les places libres changent : la page dit celles du moment.",
        "address": address.removeprefix("https://").removeprefix("http://"),
        "qr": {"svg": qr_svg(address)},
        "days": [
            {
                "day": _capital(format_day(day)),
                "rows": [
                    [commune or "Dans votre établissement", *_cells(slot)] if at == 0 else ["", *_cells(slot)]
                    for commune, there in communes
                    for at, slot in enumerate(there)
                ],
            }
            for day, communes in programme.days
        ],
    }
    return _typeset(content)


def _cells(slot: Slot) -> list[str]:
    activity, site = slot.activity, slot.activity.site
    names = (
        activity.company.name if site.name in ("", activity.company.name) else f"{activity.company.name}, {site.name}"
    )
    place = names if activity.comes_to_class else f"{names}, {site.address}, {site.postcode} {site.commune_name}"
    public = level_span_words(activity.level_codes) if activity.levels else "tous niveaux"
    return [
        format_hours(slot),
        without_contacts(activity.title),
        f"{wording.kind_words(activity.kind)} · {place}",
        f"{_capital(public)}\n{places_words(slot)}",
        f"Labellisé n° {label_of(slot)}" if label_of(slot) else "",
    ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _typeset(value: Any, key: str = "") -> Any:
    """Every sentence with the no-break spaces of French; addresses and drawings as they are."""
    if isinstance(value, str):
        return value if key in ("svg", "address") else french_spaces(value)
    if isinstance(value, dict):
        return {name: _typeset(each, name) for name, each in value.items()}
    return [_typeset(each) for each in value] if isinstance(value, list) else value


def _edition() -> Edition | None:
    editions = queries.editions()
    slug = request.args.get("edition", "")
    return next((each for each in editions if each.slug == slug), None) or queries.current_edition(editions)


def _programme_or_404(code: str) -> Programme:
    departement = next((each for each in all_departements() if each.code == code.upper()), None) or abort(404)
    edition = _edition() or abort(404)
    found: FoundSlots = queries.programme_slots(Search(departement=departement.code), edition, MOST_PRINTED)
    return Programme(departement, edition, by_day(found.slots), len(found.slots), found.total)
