"""The file of an outing, seen by its teacher, by the school's head and by the host; certificates; the lines of law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.models import MemberRole
from booking.accounts.permissions import company_or_404, my_memberships, school_or_404, signed_in_required
from booking.bookings.models import Booking
from booking.bookings.papers import queries, services
from booking.bookings.papers.copies import copy_of, file_name
from booking.bookings.papers.facts import facts_of, outing_of
from booking.bookings.papers.forms import FileForm, NamesSentForm, RuleForm, TermsForm
from booking.bookings.papers.kinds import (
    KIND_WORDS,
    MADE_BY_COMPANY,
    READ_BY_COMPANY,
    Need,
    Offer,
    PaperKind,
    Side,
    papers_for,
)
from booking.bookings.papers.law import all_rules, law_on
from booking.bookings.papers.models import Paper
from booking.bookings.papers.rules import Rule, code_words, hash_of, in_force, read_code
from booking.bookings.papers.texts import message_of
from booking.bookings.rules.states import State
from booking.catalogue.models import Slot
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.schools.models import School

bp = Blueprint("papers", __name__)

TEACHER = "/teacher/bookings/<int:booking_id>/papers"
SCHOOL = "/school/<uai>/bookings/<int:booking_id>/papers"
COMPANY = "/company/<int:company_id>/bookings/<int:booking_id>/papers"
HEADS = (MemberRole.HEAD, MemberRole.DELEGATE)
# Smaller counts would say something of somebody: a page for everybody does not give them.
SMALLEST_PUBLIC_COUNT = 5


@dataclass(frozen=True)
class Desk:
    """Whose page of a booking's papers this is. where: what its addresses are made of."""

    booking: Booking
    side: Side
    where: dict[str, Any]

    def url(self, endpoint: str, **values: Any) -> str:
        return url_for(f"papers.{endpoint}", **self.where, **values)

    def reads(self, kind: PaperKind) -> bool:
        return kind in READ_BY_COMPANY if self.side is Side.COMPANY else kind is not PaperKind.DAY_SHEET

    def makes(self, kind: PaperKind) -> bool:
        return kind in MADE_BY_COMPANY if self.side is Side.COMPANY else self.reads(kind)

    @property
    def back(self) -> str:
        """The booking's page, or the list it stands on."""
        if self.side is Side.COMPANY:
            return url_for("company.booking", **self.where)
        if "uai" in self.where:
            return url_for("school.home", uai=self.where["uai"])
        return url_for("teacher.booking", **self.where)


@dataclass(frozen=True)
class Line:
    """One paper on the page: what asks for it, its versions, the latest first, and whether the last one still holds."""

    kind: PaperKind
    offer: Offer | None
    versions: list[Paper]
    is_current: bool
    makes: bool

    @property
    def words(self) -> str:
        return str(KIND_WORDS[self.kind])

    @property
    def is_needed(self) -> bool:
        return self.offer is not None and self.offer.need is Need.NEEDED


# ---- The file of an outing


@bp.get(TEACHER)
@bp.get(SCHOOL)
@bp.get(COMPANY)
@signed_in_required
def file(**where: Any) -> str:
    return _file_page(_desk_or_404(**where))


@bp.post(f"{TEACHER}/details")
@bp.post(f"{SCHOOL}/details")
@signed_in_required
def save(**where: Any) -> Any:
    """Keep what the school typed for its papers."""
    desk = _desk_or_404(**where)
    form = FileForm()
    if not form.validate_on_submit():
        return _file_page(desk, form)
    with transaction():
        services.save_file(desk.booking.id, form.values(), current_user)
    flash(_("Le dossier est enregistré. Établissez de nouveau les documents qui ont changé."), "success")
    return redirect(desk.url("file"))


@bp.post(f"{TEACHER}/names")
@bp.post(f"{SCHOOL}/names")
@signed_in_required
def names_sent(**where: Any) -> Any:
    """Note when the list of names was sent, outside this service."""
    desk = _desk_or_404(**where)
    form = NamesSentForm()
    if not form.validate_on_submit():
        return _file_page(desk, names_form=form)
    with transaction():
        services.note_names_sent(desk.booking.id, form.names_sent_on.data, current_user)
    flash(_("C’est noté."), "success")
    return redirect(f"{desk.url('file')}#names")


@bp.post(f"{TEACHER}/<kind>")
@bp.post(f"{SCHOOL}/<kind>")
@bp.post(f"{COMPANY}/<kind>")
@signed_in_required
def make(kind: str, **where: Any) -> Any:
    """Make the paper as things stand, or find the version that says so already, and show it."""
    desk = _desk_or_404(**where)
    wanted = _kind_or_404(kind)
    if not desk.makes(wanted):
        abort(404)
    try:
        with transaction():
            paper = services.make_paper(desk.booking.id, wanted, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(desk.url("file"))
    return redirect(desk.url("read", kind=paper.kind.value, version=paper.version), 303)


@bp.get(f"{TEACHER}/<kind>-v<int:version>.pdf")
@bp.get(f"{SCHOOL}/<kind>-v<int:version>.pdf")
@bp.get(f"{COMPANY}/<kind>-v<int:version>.pdf")
@signed_in_required
def read(kind: str, version: int, **where: Any) -> Response:
    """One version, the last or an earlier one."""
    desk = _desk_or_404(**where)
    wanted = _kind_or_404(kind)
    if not desk.reads(wanted):
        abort(404)
    return _pdf_or_404(desk.booking, wanted, version)


@bp.get(f"{TEACHER}/message")
@bp.get(f"{SCHOOL}/message")
@signed_in_required
def message(**where: Any) -> str:
    """The outing as text, for the school's own messaging."""
    desk = _desk_or_404(**where)
    law = law_on(desk.booking.slot.local_start.date())
    facts = facts_of(desk.booking, queries.file_of(desk.booking), queries.terms_of(desk.booking.school_id), law)
    return render_template("bookings/papers/message.html", desk=desk, booking=desk.booking, text=message_of(facts))


def _file_page(desk: Desk, form: FileForm | None = None, names_form: NamesSentForm | None = None) -> str:
    booking = desk.booking
    file, law = queries.file_of(booking), law_on(booking.slot.local_start.date())
    facts = facts_of(booking, file, queries.terms_of(booking.school_id), law)
    return render_template(
        "bookings/papers/file.html",
        desk=desk,
        booking=booking,
        slot=booking.slot,
        activity=booking.slot.activity,
        lines=_lines(desk, law),
        facts=facts,
        file=file,
        form=form or FileForm(obj=file),
        names_form=names_form or NamesSentForm(obj=file),
        wrong=form or names_form,
        is_school=desk.side is Side.SCHOOL,
        is_open=booking.is_alive and booking.state is not State.WAITING,
    )


def _lines(desk: Desk, law: dict[str, Rule]) -> list[Line]:
    """The papers of the booking now, and those that were made of it and are no longer asked for."""
    booking = desk.booking
    offers = {offer.kind: offer for offer in papers_for(outing_of(booking, law)) if desk.reads(offer.kind)}
    made: dict[PaperKind, list[Paper]] = {}
    for paper in queries.versions_of(booking):
        if desk.reads(paper.kind):
            made.setdefault(paper.kind, []).append(paper)
    kinds = [*offers, *(kind for kind in made if kind not in offers)]
    return [
        Line(
            kind=kind,
            offer=offers.get(kind),
            versions=made.get(kind, []),
            is_current=kind in made and made[kind][0].facts_hash == hash_of(services.current_facts(booking, kind, law)),
            makes=kind in offers and desk.makes(kind),
        )
        for kind in kinds
    ]


def _desk_or_404(booking_id: int, uai: str | None = None, company_id: int | None = None) -> Desk:
    booking = db.session.get(Booking, booking_id)
    if company_id is not None:
        company = company_or_404(company_id)
        if booking is None or booking.slot.activity.company_id != company.id:
            abort(404)
        return Desk(booking, Side.COMPANY, {"company_id": company.id, "booking_id": booking.id})
    if uai is not None:
        school = _answered_school_or_404(uai)
        if booking is None or booking.school_id != school.id:
            abort(404)
        return Desk(booking, Side.SCHOOL, {"uai": school.uai, "booking_id": booking.id})
    if booking is None or current_user.id not in (booking.teacher_id, booking.booked_by_id):
        abort(404)
    return Desk(booking, Side.SCHOOL, {"booking_id": booking.id})


def _answered_school_or_404(uai: str) -> School:
    """The school, for those who answer for its outings and are trusted; 403 for its other members."""
    school = school_or_404(uai, *HEADS)
    if not any(m.is_trusted for m in my_memberships(*HEADS) if m.school_id == school.id):
        abort(403)
    return school


def _kind_or_404(text: str) -> PaperKind:
    try:
        return PaperKind(text)
    except ValueError:
        abort(404)


def _pdf_or_404(subject: Booking | Slot, kind: PaperKind, version: int) -> Response:
    paper = next((each for each in queries.versions_of(subject, kind) if each.version == version), None)
    if paper is None:
        abort(404)
    answer = Response(copy_of(paper), content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{file_name(paper)}"'
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


# ---- The host's day sheet


@bp.post("/company/<int:company_id>/slots/<int:slot_id>/day-sheet")
@signed_in_required
def make_day_sheet(company_id: int, slot_id: int) -> Any:
    slot = _slot_or_404(company_id, slot_id)
    try:
        with transaction():
            paper = services.make_day_sheet(slot.id, current_user)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for("company.slot", company_id=company_id, slot_id=slot_id))
    return redirect(url_for(".day_sheet", company_id=company_id, slot_id=slot_id, version=paper.version), 303)


@bp.get("/company/<int:company_id>/slots/<int:slot_id>/day-sheet-v<int:version>.pdf")
@signed_in_required
def day_sheet(company_id: int, slot_id: int, version: int) -> Response:
    return _pdf_or_404(_slot_or_404(company_id, slot_id), PaperKind.DAY_SHEET, version)


def _slot_or_404(company_id: int, slot_id: int) -> Slot:
    company = company_or_404(company_id)
    slot = db.session.get(Slot, slot_id)
    if slot is None or slot.activity.company_id != company.id:
        abort(404)
    return slot


# ---- A school's own terms


@bp.route("/school/<uai>/terms", methods=["GET", "POST"])
@signed_in_required
def terms(uai: str) -> Any:
    school = _answered_school_or_404(uai)
    form = TermsForm(obj=queries.terms_of(school.id))
    if form.validate_on_submit():
        with transaction():
            services.save_terms(school.id, form.clauses.data or "", form.insurance.data or "", current_user)
        flash(_("Vos clauses sont enregistrées."), "success")
        return redirect(url_for("school.home", uai=uai))
    return render_template("bookings/papers/terms.html", school=school, form=form)


# ---- Verification, for everybody


@bp.get("/verification")
def verification() -> Any:
    """Type a certificate's code."""
    if code := read_code(request.args.get("code", "")):
        return redirect(url_for(".verify", code=code))
    return render_template("bookings/papers/verification.html", paper=None, is_asked=False, code="")


@bp.get("/verification/<code>")
def verify(code: str) -> Any:
    """What a certificate says, with nobody's name."""
    paper = queries.certificate_of(read_code(code))
    page = render_template(
        "bookings/papers/verification.html",
        paper=paper,
        is_asked=True,
        code=code_words(read_code(code)),
        is_last=paper is not None and _is_last(paper),
        words=KIND_WORDS[paper.kind] if paper else "",
        smallest=SMALLEST_PUBLIC_COUNT,
    )
    answer = Response(page, status=200 if paper else 404)
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _is_last(paper: Paper) -> bool:
    """Whether the certificate still stands: no newer version, and the class is still held to have come."""
    booking = paper.booking
    if booking is None or booking.state is not State.ATTENDED:
        return False
    return queries.versions_of(booking, paper.kind)[0].id == paper.id


# ---- The law, for administrators


@bp.get("/admin/legal-rules")
@signed_in_required
def rules() -> str:
    _admin_or_404()
    today = clock.now().date()
    return render_template("bookings/papers/rules.html", rules=list(in_force(all_rules(), today).values()))


@bp.route("/admin/legal-rules/<key>", methods=["GET", "POST"])
@signed_in_required
def rule(key: str) -> Any:
    """The lines of one subject, and a newer one to write."""
    _admin_or_404()
    lines = [each for each in all_rules() if each.key == key]
    if not lines:
        abort(404)
    form = RuleForm(data=_prefilled(lines[-1]))
    if form.validate_on_submit():
        try:
            with transaction():
                services.write_rule(key, form.values(), current_user)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La règle est enregistrée. Les documents déjà établis gardent leur texte."), "success")
            return redirect(url_for(".rules"))
    return render_template("bookings/papers/rule.html", lines=lines[::-1], subject=lines[-1].subject, form=form)


def _prefilled(last: Rule) -> dict[str, Any]:
    today = clock.now().date()
    return {
        "effective_from": today, "sentence": last.sentence, "citation": last.citation, "source": last.source,
        "value": last.value, "state": last.state,
    }  # fmt: skip


def _admin_or_404() -> None:
    if not my_memberships(MemberRole.ADMIN):
        abort(404)
