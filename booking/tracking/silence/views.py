"""The map of silence, the list to call, and a school's own page: prepare the call, note it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from booking.accounts.models import Membership
from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.catalogue.models import Edition
from booking.catalogue.queries import current_edition, editions
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _l
from booking.schools.models import School
from booking.schools.queries import official_mailbox
from booking.territory.models import Departement
from booking.tracking.filters import NO_PRIORITY, PRIORITY
from booking.tracking.maps import Frame, frames
from booking.tracking.models import ContactKind, SchoolContact
from booking.tracking.scope import Scope, scope_of
from booking.tracking.silence import exports, queries, services
from booking.tracking.silence.filters import Contacted, SilenceFilters, Since, Sort, read_silence_filters
from booking.tracking.silence.forms import CONTACT_WORDS, ContactForm
from booking.tracking.silence.letter import letter_to
from booking.tracking.silence.rules import NEAREST, Counted, Share, fold_by, whole
from booking.tracking.views import SCHOOL_KIND_WORDS, bp, csv_answer

MOST_PLACES = 30
MORE_NEAR = 6
STATUS_WORDS = {"public": _l("Public"), "private": _l("Privé")}
SINCE_WORDS = {
    Since.EDITION: _l("sans réservation ni visite déclarée dans cette édition"),
    Since.EVER: _l("jamais venus, dans aucune édition"),
}
CONTACT_CHOICES = {Contacted.TO_CALL: _l("à contacter"), Contacted.DONE: _l("déjà contactés")}
SORT_WORDS = {
    Sort.COMMUNE: _l("par commune"),
    Sort.PUPILS: _l("les plus grands d’abord"),
    Sort.NEAR: _l("les plus proches d’un créneau libre"),
}


@dataclass(frozen=True)
class Asked:
    """What the page is about: whose territory, which edition, narrowed how."""

    membership: Membership
    scope: Scope
    edition: Edition | None
    editions: Sequence[Edition]
    filters: SilenceFilters
    ignored: list[str]
    departements: Sequence[Departement]

    @property
    def query(self) -> dict[str, Any]:
        """The edition: what every page of a territory keeps."""
        return {"edition": self.edition.slug} if self.edition else {}

    @property
    def whole_query(self) -> dict[str, Any]:
        return {**self.query, **self.filters.query()}

    @property
    def by_commune(self) -> bool:
        """Places are communes, or départements when there are too many of them."""
        narrowed = self.filters.departement or self.filters.commune
        return bool(narrowed) or len(self.departements) <= queries.MOST_DEPARTEMENTS_BY_COMMUNE

    def choices(self) -> list[tuple[str, Any, list[tuple[str, Any]]]]:
        """The lists of the filter form: name, label, values."""
        return [
            ("departement", _("Département"), [(d.code, f"{d.code} – {d.name}") for d in self.departements]),
            ("school_kind", _("Type d’établissement"), list(SCHOOL_KIND_WORDS.items())),
            ("status", _("Public ou privé"), list(STATUS_WORDS.items())),
            (
                "priority",
                _("Éducation prioritaire"),
                [*((value, value) for value in PRIORITY), (NO_PRIORITY, _("Hors éducation prioritaire"))],
            ),
            ("contact", _("Contacts"), list(CONTACT_CHOICES.items())),
        ]


@dataclass(frozen=True)
class Dot:
    """A place on the map. radius grows with its schools; tone says how many of them were reached."""

    x: float
    y: float
    radius: float
    tone: str
    share: Share


@bp.get("/<int:membership_id>/silence")
@signed_in_required
def silence(membership_id: int) -> str:
    """Who is not reached: shares, map, and the list to call."""
    asked = _asked(membership_id)
    if asked.edition is None:
        return render_template("tracking/silence.html", asked=asked)
    counted = queries.counted(asked.scope, asked.edition, asked.filters, by_commune=asked.by_commune)
    places = fold_by(counted, lambda part: part.place, {part.place: part.place_name for part in counted})
    drawn = frames([asked.filters.departement] if asked.filters.departement else [d.code for d in asked.departements])
    page = queries.page_of_silence(asked.scope, asked.edition, asked.filters, request.args.get("page", 1, type=int))
    return render_template(
        "tracking/silence.html",
        asked=asked,
        page=page,
        whole=whole(counted),
        by_kind=fold_by(
            counted, lambda part: part.kind, {str(kind): words for kind, words in SCHOOL_KIND_WORDS.items()}
        ),
        by_priority=fold_by(
            counted,
            lambda part: part.priority or NO_PRIORITY,
            {**{value: value for value in reversed(PRIORITY)}, NO_PRIORITY: _("Hors éducation prioritaire")},
        ),
        by_status=fold_by(counted, lambda part: "public" if part.is_public else "private", dict(STATUS_WORDS)),
        places=sorted(places, key=lambda share: -share.silent)[:MOST_PLACES],
        place_count=len(places),
        maps=[(frame, _dots(frame, counted, places)) for frame in drawn],
        since_words=SINCE_WORDS,
        sort_words=SORT_WORDS,
        contact_words=CONTACT_WORDS,
    )


@bp.get("/<int:membership_id>/silence.csv")
@signed_in_required
def silence_csv(membership_id: int) -> Any:
    """The list to call, whole, for a spreadsheet."""
    asked = _asked(membership_id)
    edition = asked.edition or abort(404)
    rows = queries.every_silent(asked.scope, edition, asked.filters)
    return csv_answer("etablissements-non-touches", exports.HEADINGS, exports.silence_table(rows))


@bp.route("/<int:membership_id>/silence/<int:school_id>", methods=["GET", "POST"])
@signed_in_required
def silence_school(membership_id: int, school_id: int) -> Any:
    """One school: what is free near it, the letter, who called. A POST notes a call or a message."""
    asked, school = _school_or_404(membership_id, school_id)
    edition = asked.edition or abort(404)
    form = ContactForm(contacted_on=services.today())
    if form.validate_on_submit():
        try:
            with transaction():
                services.note_contact(
                    school,
                    edition,
                    current_user,
                    ContactKind(form.kind.data),
                    form.contacted_on.data,
                    form.note.data or "",
                )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("C’est noté."), "success")
            return redirect(url_for(".silence_school", membership_id=membership_id, school_id=school_id, **asked.query))
    near = queries.near_school(school, edition, MORE_NEAR)
    mailbox = official_mailbox(school)
    return render_template(
        "tracking/silence_school.html",
        asked=asked,
        school=school,
        near=near,
        mailbox=mailbox,
        is_reached=queries.is_reached(school.id, edition),
        letter=letter_to(
            school,
            edition,
            near[:NEAREST],
            to=mailbox.address if mailbox else "",
            sender=current_user.name,
            office=asked.scope.name,
        ),
        contacts=queries.contacts_of(school.id, edition),
        contact_words=CONTACT_WORDS,
        form=form,
    )


@bp.post("/<int:membership_id>/silence/<int:school_id>/contacts/<int:contact_id>/undoing")
@signed_in_required
def undo_contact(membership_id: int, school_id: int, contact_id: int) -> Any:
    """It was noted by mistake."""
    asked, school = _school_or_404(membership_id, school_id)
    contact = db.session.get(SchoolContact, contact_id)
    if contact is None or contact.school_id != school.id:
        abort(404)
    try:
        with transaction():
            services.undo_contact(contact_id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
    else:
        flash(_("La note est retirée : l’établissement est de nouveau à contacter."), "success")
    return redirect(url_for(".silence_school", membership_id=membership_id, school_id=school_id, **asked.query))


def _asked(membership_id: int) -> Asked:
    membership = officer_membership_or_404(membership_id)
    scope, known = scope_of(membership), editions()
    departements = list(db.session.scalars(scope.departement_rows(select(Departement).order_by(Departement.code))))
    filters, ignored = read_silence_filters(request.args, {each.code for each in departements})
    slug = request.args.get("edition", "")
    edition = next((each for each in known if each.slug == slug), None) or current_edition(known)
    return Asked(membership, scope, edition, known, filters, ignored, departements)


def _school_or_404(membership_id: int, school_id: int) -> tuple[Asked, School]:
    asked = _asked(membership_id)
    return asked, queries.silent_school(asked.scope, school_id) or abort(404)


def _dots(frame: Frame, counted: Sequence[Counted], places: Sequence[Share]) -> list[Dot]:
    """The places of a frame, large ones first: a small one is never hidden under its neighbour."""
    where = _centres(frame, counted)
    dots = [_dot(*frame.point(*where[share.key]), share) for share in places if share.key in where]
    return sorted(dots, key=lambda dot: -dot.radius)


def _centres(frame: Frame, counted: Sequence[Counted]) -> dict[str, tuple[float, float]]:
    """The middle of the schools of each place that falls on this frame."""
    sums: dict[str, tuple[float, float, int]] = {}
    for part in counted:
        if part.latitude is None or part.longitude is None:
            continue
        north, east, many = sums.get(part.place, (0.0, 0.0, 0))
        sums[part.place] = (
            north + part.latitude * part.schools,
            east + part.longitude * part.schools,
            many + part.schools,
        )
    centres = {place: (north / many, east / many) for place, (north, east, many) in sums.items()}
    return {place: centre for place, centre in centres.items() if frame.holds(*centre)}


def _dot(x: float, y: float, share: Share) -> Dot:
    tone = "reached" if not share.silent else "partly" if share.reached else "silent"
    return Dot(x, y, round(min(22.0, 2.2 + 1.3 * share.schools**0.5), 1), tone, share)
