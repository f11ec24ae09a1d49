"""An officer's pages: the board of a territory, the rows behind each figure, and both as csv. Reading only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership
from booking.accounts.permissions import my_memberships, officer_membership_or_404, signed_in_required
from booking.catalogue.models import Edition
from booking.catalogue.queries import current_edition, editions
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.rules import sectors
from booking.core.db import db
from booking.core.i18n import _, _l
from booking.core.spreadsheets import CSV_TYPE, csv_bytes
from booking.schools.models import SchoolKind
from booking.schools.reference import levels
from booking.territory.models import Departement
from booking.tracking import exports, figures, queries
from booking.tracking.filters import PRIORITY, Filters, Known, read_filters
from booking.tracking.scope import Scope, scope_of

bp = Blueprint("tracking", __name__, url_prefix="/territory")

ROWS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "activities": (_l("Activités publiées"), queries.activities),
    "slots": (_l("Créneaux"), queries.slots),
    "bookings": (_l("Réservations des établissements"), queries.bookings),
    "schools": (_l("Établissements touchés"), queries.schools),
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

    def narrowed(self, what: str) -> dict[str, Any]:
        """The state that the rows of bookings are asked for; other rows have none."""
        return {"states": figures.STATES[self.state]} if what == "bookings" and self.state else {}

    @property
    def query(self) -> dict[str, str]:
        """The address's values that every link of the page keeps."""
        edition = {"edition": self.edition.slug} if self.edition else {}
        return {**edition, **self.filters.query()}

    def choices(self) -> list[tuple[str, Any, list[tuple[str, Any]]]]:
        """The lists of the filter form: name, label, values."""
        return [
            ("departement", _("Département"), [(d.code, f"{d.code} – {d.name}") for d in self.departements]),
            ("kind", _("Genre d’activité"), [(kind, KIND_WORDS[kind]) for kind in KIND_WORDS]),
            ("sector", _("Secteur"), list(sectors())),
            ("level", _("Niveau"), [(level.code, level.label) for level in levels()]),
            ("school_kind", _("Type d’établissement"), list(SCHOOL_KIND_WORDS.items())),
            ("priority", _("Éducation prioritaire"), [(value, value) for value in PRIORITY]),
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
    chapters, by_state = [], []
    if asked.edition:
        chapters = figures.board(asked.scope, asked.edition, asked.filters)
        by_state = figures.bookings_by_state(asked.scope, asked.edition, asked.filters)
    return render_template("tracking/board.html", asked=asked, chapters=chapters, by_state=by_state)


@bp.get("/<int:membership_id>/board.csv")
@signed_in_required
def board_csv(membership_id: int) -> Response:
    """The figures of the board, with their definitions."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    table = exports.figures_table(figures.board(asked.scope, edition, asked.filters))
    return csv_answer("tableau-de-bord", (_("Chapitre"), _("Chiffre"), _("Valeur"), _("Définition")), table)


@bp.get("/<int:membership_id>/<any(activities, slots, bookings, schools):what>")
@signed_in_required
def rows(membership_id: int, what: str) -> str:
    """The rows that a figure counts."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    title, rows_of = ROWS[what]
    found = rows_of(asked.scope, edition, asked.filters, **asked.narrowed(what))
    page = queries.page_of(found, request.args.get("page", 1, type=int))
    return render_template(f"tracking/{what}.html", asked=asked, what=what, title=title, page=page)


@bp.get("/<int:membership_id>/<any(activities, slots, bookings, schools):what>.csv")
@signed_in_required
def rows_csv(membership_id: int, what: str) -> Response:
    """The same rows, all of them, for a spreadsheet."""
    asked = asked_of(membership_id)
    edition = asked.edition or abort(404)
    _title, rows_of = ROWS[what]
    found = queries.all_of(rows_of(asked.scope, edition, asked.filters, **asked.narrowed(what)))
    return csv_answer(what, exports.SHEETS[what].headings, exports.rows_of(what, found))


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
    state = request.args.get("state")
    return Asked(
        membership,
        scope,
        edition,
        known_editions,
        filters,
        ignored,
        choices,
        state if state in figures.STATES else None,
    )
