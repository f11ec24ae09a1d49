"""An officer's pages: the board of a territory, the rows behind each figure, and both as csv. Reading only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership
from booking.accounts.permissions import my_memberships, officer_membership_or_404, signed_in_required
from booking.bookings.day_sheets import can_record
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason
from booking.catalogue.models import Edition
from booking.catalogue.queries import current_edition, editions
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.rules import sectors
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _, _l
from booking.core.spreadsheets import CSV_TYPE, csv_bytes
from booking.schools.models import SchoolKind
from booking.schools.reference import levels
from booking.territory.models import Departement
from booking.tracking import exports, figures, queries
from booking.tracking.filters import NO_PRIORITY, PRIORITY, RURAL_BELOW, Filters, Known, read_filters
from booking.tracking.panels import panels_of
from booking.tracking.scope import Scope, scope_of

bp = Blueprint("tracking", __name__, url_prefix="/territory")

ROWS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "activities": (_l("Activités publiées"), queries.activities),
    "slots": (_l("Créneaux"), queries.slots),
    "bookings": (_l("Réservations des établissements"), queries.bookings),
    "schools": (_l("Établissements touchés"), queries.schools),
}
# What a board says first.
HEADLINES = ("slots", "offered", "fill", "bookings", "classes", "pupils", "schools", "attended")
# In an address: whoever ended a booking did not say why, or it is not known who did.
UNSAID = "unsaid"
STATUS_WORDS = {"public": _l("Public"), "private": _l("Privé")}
GROUND_WORDS = {
    "rural": _l("Rurale (moins de 2 000 habitants)"),
    "urban": _l("2 000 habitants ou plus"),
}
SHARE_STATUS_WORDS = {"public": _l("Établissements publics"), "private": _l("Établissements privés")}
SHARE_GROUND_WORDS = {
    "rural": _l("Communes de moins de 2 000 habitants"),
    "urban": _l("Communes de 2 000 habitants ou plus"),
    "": _l("Communes de population inconnue"),
}
SCHOOL_KIND_WORDS = {
    SchoolKind.ECOLE: _l("Écoles"),
    SchoolKind.COLLEGE: _l("Collèges"),
    SchoolKind.LYCEE: _l("Lycées"),
}


@dataclass(frozen=True)
class Asked:
    """What an officer's page is about: whose territory, which edition, narrowed how."""

    membership: Membership
    scope: Scope
    edition: Edition | None
    editions: Sequence[Edition]
    filters: Filters
    ignored: list[str]
    departements: Sequence[Departement]
    state: str | None
    reason: str | None = None
    by: str | None = None

    def narrowed(self, what: str) -> dict[str, Any]:
        """The state that the rows of bookings are asked for, and why they ended; other rows have neither."""
        if what != "bookings" or not self.state:
            return {}
        only = [figures.ONLY[self.state]()] if self.state in figures.ONLY else []
        for column, value in ((Booking.end_reason, self.reason), (Booking.ended_by, self.by)):
            if value:
                only.append(column.is_(None) if value == UNSAID else column == value)
        return {"states": figures.STATES[self.state], "only": only}

    @property
    def narrowing(self) -> dict[str, str | None]:
        """The values of an address that asks for the same rows, beside edition and filters."""
        return {"state": self.state, "reason": self.reason, "by": self.by}

    @property
    def query(self) -> dict[str, str]:
        """The address's values that every link of the page keeps."""
        edition = {"edition": self.edition.slug} if self.edition else {}
        return {**edition, **self.filters.query()}

    @property
    def about(self) -> list[tuple[str, str]]:
        """What an export is of, for its sheet of definitions."""
        known = [(_("Territoire"), self.scope.name), (_("Édition"), self.edition.name if self.edition else "")]
        asked = {**self.filters.query(), **self.narrowing}
        filters = ", ".join(f"{name}={value}" for name, value in asked.items() if value)
        return [
            *known,
            (_("Filtres"), filters or _("aucun")),
            (_("Établi le"), f"{clock.now():%d/%m/%Y %H:%M} UTC"),
            ("", ""),
        ]

    @property
    def about_json(self) -> dict[str, Any]:
        edition = self.edition.slug if self.edition else None
        return {"territory": self.scope.name, "edition": edition, "filters": self.filters.query()}

    def choices(self) -> list[tuple[str, Any, list[tuple[str, Any]]]]:
        """The lists of the filter form: name, label, values."""
        return [
            ("departement", _("Département"), [(d.code, f"{d.code} – {d.name}") for d in self.departements]),
            ("kind", _("Genre d’activité"), [(kind, KIND_WORDS[kind]) for kind in KIND_WORDS]),
            ("sector", _("Secteur"), list(sectors())),
            ("level", _("Niveau"), [(level.code, level.label) for level in levels()]),
            ("school_kind", _("Type d’établissement"), list(SCHOOL_KIND_WORDS.items())),
            ("status", _("Public ou privé"), list(STATUS_WORDS.items())),
            (
                "priority",
                _("Éducation prioritaire"),
                [*((value, value) for value in PRIORITY), (NO_PRIORITY, _("Hors éducation prioritaire"))],
            ),
            ("ground", _("Commune"), list(GROUND_WORDS.items())),
        ]


@dataclass(frozen=True)
class Share:
    """A line of the table of schools. query: what asks for these schools alone, if anything does."""

    label: Any
    query: dict[str, str]
    counts: figures.Counts


def shares_of(reached: figures.Reached) -> list[Share]:
    """Schools by kind, status, priority education and commune: only the lines where there are some."""
    asked: list[tuple[str, dict[Any, Any], dict[Any, figures.Counts]]] = [
        ("school_kind", dict(SCHOOL_KIND_WORDS), reached.by(lambda cell: cell.kind)),
        ("status", dict(SHARE_STATUS_WORDS), reached.by(lambda cell: "public" if cell.is_public else "private")),
        ("priority", {**{each: each for each in PRIORITY}, NO_PRIORITY: _("Hors éducation prioritaire")},
         reached.by(lambda cell: cell.priority or NO_PRIORITY)),
        ("ground", dict(SHARE_GROUND_WORDS), reached.by(lambda cell: {True: "rural", False: "urban", None: ""}[cell.is_rural])),
    ]  # fmt: skip
    return [
        Share(label, {name: value} if value else {}, counts[value])
        for name, words, counts in asked
        for value, label in words.items()
        if value in counts
    ]


@bp.get("/")
@signed_in_required
def home() -> Any:
    """The officer's board, or the list of them for somebody with several territories."""
    mine = my_memberships(MemberRole.OFFICER)
    if not mine:
        abort(404)
    if len(mine) == 1:
        return redirect(url_for(".board", membership_id=mine[0].id))
    return render_template("tracking/home.html", boards=[(membership, scope_of(membership)) for membership in mine])


@bp.get("/<int:membership_id>/")
@signed_in_required
def board(membership_id: int) -> str:
    """The figures of one territory in one edition."""
    asked = asked_of(membership_id)
    board = figures.board(asked.scope, asked.edition, asked.filters) if asked.edition else None
    return render_template(
        "tracking/board.html",
        asked=asked,
        board=board,
        headlines=[board.figure(code) for code in HEADLINES] if board else [],
        panels=panels_of(board, asked.filters) if board else [],
        shares=shares_of(board.reached) if board else [],
        rural_below=RURAL_BELOW,
        unsaid=UNSAID,
    )


@bp.get("/<int:membership_id>/board.<any(csv, xlsx, json):form>")
@signed_in_required
def board_export(membership_id: int, form: str) -> Response:
    """The figures of the board, with their definitions."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    chapters = figures.board(asked.scope, edition, asked.filters).chapters
    name = "tableau-de-bord"
    if form == "json":
        return _download(
            name, form, BytesIO(json.dumps({**asked.about_json, "figures": exports.figures_json(chapters)}).encode())
        )
    if form == "xlsx":
        return _download(name, form, exports.figures_xlsx(chapters, asked.about, clock.now()))
    return _download(name, form, BytesIO(exports.figures_csv(chapters)))


@bp.get("/<int:membership_id>/tables.csv")
@signed_in_required
def tables_csv(membership_id: int) -> Response:
    """The tables under the charts, a number a line."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    rows = [
        [str(panel.title), str(row.label), str(column), number]
        for panel in panels_of(figures.board(asked.scope, edition, asked.filters), asked.filters)
        for row in panel.rows
        for column, number in zip(panel.columns, row.numbers, strict=True)
    ]
    return csv_answer("tableaux", [_("Tableau"), _("Ligne"), _("Mesure"), _("Valeur")], rows)


@bp.get("/<int:membership_id>/<any(activities, slots, bookings, schools):what>")
@signed_in_required
def rows(membership_id: int, what: str) -> str:
    """The rows that a figure counts."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    title, rows_of = ROWS[what]
    found = rows_of(asked.scope, edition, asked.filters, **asked.narrowed(what))
    page = queries.page_of(found, request.args.get("page", 1, type=int))
    return render_template(
        f"tracking/{what}.html", asked=asked, what=what, title=title, page=page, can_record=can_record
    )


@bp.get("/<int:membership_id>/<any(activities, slots, bookings, schools):what>.<any(csv, xlsx, json):form>")
@signed_in_required
def rows_export(membership_id: int, what: str, form: str) -> Response:
    """The same rows, all of them, for a spreadsheet or a program."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    export = exports.Export(what, asked.scope, edition, asked.filters, asked.narrowed(what))
    definitions = [*asked.about, *exports.figure_definitions()]
    return _download(what, form, exports.file_of(export, form, definitions, clock.now()))


EXPORT_TYPES = {"csv": CSV_TYPE, "xlsx": exports.XLSX_TYPE, "json": "application/json"}


def _download(name: str, form: str, content: IO[bytes]) -> Response:
    """A file for this reader alone."""
    answer = Response(_pieces(content), content_type=EXPORT_TYPES[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="etabli-{name}.{form}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(65536):
            yield piece


def csv_answer(name: str, headings: Sequence[Any], table: list[list[Any]]) -> Response:
    """A table to download, for this reader alone."""
    answer = Response(csv_bytes([str(heading) for heading in headings], table), content_type=CSV_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="etabli-{name}.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def asked_of(membership_id: int) -> Asked:
    """What the address of this request asks for, for an officer's own membership; any other is a 404."""
    membership = officer_membership_or_404(membership_id)
    scope, known_editions = scope_of(membership), editions()
    departements = scope.departement_rows(select(Departement).order_by(Departement.code))
    choices = list(db.session.scalars(departements))
    known = Known({d.code for d in choices}, {slug for slug, _label in sectors()}, {level.code for level in levels()})
    filters, ignored = read_filters(request.args, known)
    slug = request.args.get("edition", "")
    edition = next((each for each in known_editions if each.slug == slug), None) or current_edition(known_editions)
    state, reason, by = (request.args.get(name) for name in ("state", "reason", "by"))
    return Asked(
        membership,
        scope,
        edition,
        known_editions,
        filters,
        ignored,
        choices,
        state if state in figures.STATES else None,
        reason if reason in {*CancelReason, UNSAID} else None,
        by if by in {*Actor, UNSAID} else None,
    )
