"""The pages of an authorisation: the teacher's, and the one that a link or a code opens without an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.action_links import action_page
from booking.accounts.mails import site_link
from booking.accounts.models import ActionLink
from booking.accounts.permissions import signed_in_required
from booking.bookings import services
from booking.bookings.authorisation_forms import CoachForm, CodeForm, PaperForm, SendForm, SignForm
from booking.bookings.authorisation_models import Authorisation, AuthorisationSigner
from booking.bookings.authorisation_queries import Delivery, asked_of_address, deliveries_of, recipients_of
from booking.bookings.models import Booking
from booking.bookings.queries import is_trusted_at
from booking.bookings.rules.authorisations import ASKED_IN, Capacity, TooManyCodes, Via, shown_code
from booking.bookings.rules.states import Answer
from booking.bookings.services.authorisations import FORWARDED, LINK, MINE
from booking.bookings.views.teacher import my_booking_or_404
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("authorisations", __name__)


# ---- The page of a link: no account


@action_page(LINK)
@action_page(FORWARDED)
def sign(link: ActionLink, token: str) -> Any:
    """A GET shows what is asked, or what was answered; a POST answers, once."""
    signer = db.session.get(AuthorisationSigner, int(link.object_key.partition("/")[2]))
    if signer is None:
        abort(404)
    form = SignForm(signer.role)
    if request.method != "POST":
        return _sign_page(signer, form)
    if not form.is_answered or not form.validate():
        return _sign_page(signer, form), 422
    via = Via.CODE if link.details.get("via") == "code" else Via.LINK
    signature = services.Signature(form.name.data or "", Capacity(form.capacity.data), via)
    try:
        with transaction():
            services.answer_by_link(link.id, signature, form.verdict())
    except Refusal as refusal:
        form.refuse(refusal)
        return _sign_page(db.session.get_one(AuthorisationSigner, signer.id), form), 409
    return redirect(url_for("accounts.action", token=token), 303)


def _sign_page(signer: AuthorisationSigner, form: SignForm) -> str:
    booking = signer.authorisation.booking
    return render_template(
        "bookings/authorisations/sign.html",
        signer=signer,
        authorisation=signer.authorisation,
        booking=booking,
        form=form,
        may_answer=may_answer(signer),
        is_refusing=form.answer.data == "refuse",
    )


def may_answer(signer: AuthorisationSigner) -> bool:
    booking = signer.authorisation.booking
    return signer.answer is Answer.PENDING and booking.state in ASKED_IN and booking.slot.starts_at > clock.now()


@action_page(MINE)
def all_mine(link: ActionLink, token: str) -> Any:
    """All that an address was asked by a school, without hunting for a mail; a POST opens one."""
    school_id = int(link.object_key.partition("/")[2])
    signers = asked_of_address(school_id, link.details["address"])
    if request.method != "POST":
        return render_template(
            "bookings/authorisations/all_mine.html", signers=signers, address=link.details["address"]
        )
    chosen = next((each.id for each in signers if str(each.id) == request.form.get("signer", "")), None)
    if chosen is None:
        abort(404)
    try:
        with transaction():
            opened = services.open_from_list(chosen)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for("accounts.action", token=token), 303)
    return redirect(url_for("accounts.action", token=opened), 303)


@bp.route("/authorisation", methods=["GET", "POST"])
def code() -> Any:
    """Where a code is typed; the right one opens the same page as a link."""
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("bookings/authorisations/code.html", form=form)
    address = request.remote_addr or ""
    try:
        with transaction():
            services.count_attempt(address)
        with transaction():
            token = services.link_of_code(form.code.data or "")
            services.forgive_attempt(address)
    except Refusal as refusal:
        form.refuse(refusal)
        status = 429 if isinstance(refusal, TooManyCodes) else 404
        return render_template("bookings/authorisations/code.html", form=form), status
    return redirect(url_for("accounts.action", token=token), 303)


# ---- The teacher's page


@dataclass(frozen=True)
class Line:
    """One signer as the teacher sees them. usual: where the request goes when no address is typed."""

    signer: AuthorisationSigner
    deliveries: list[Delivery]
    usual: list[str]
    send: SendForm
    paper: PaperForm


@bp.get("/teacher/bookings/<int:booking_id>/authorisation")
@signed_in_required
def show(booking_id: int) -> str:
    return _page(_authorisation_or_404(booking_id))


@bp.post("/teacher/bookings/<int:booking_id>/authorisation/<int:signer_id>/requests")
@signed_in_required
def send(booking_id: int, signer_id: int) -> Any:
    """Send the request again, to a corrected address if one is typed."""
    signer = _signer_or_404(booking_id, signer_id)
    form = SendForm(signer.role)
    if not form.validate_on_submit():
        return _page(signer.authorisation, send=(signer.id, form)), 422
    done = _("La demande est partie, avec un nouveau lien. Celui d’avant ne sert plus.")
    return _act(signer, form, "send", lambda: services.send_to(signer_id, form.email.data or ""), done)


@bp.post("/teacher/bookings/<int:booking_id>/authorisation/<int:signer_id>/paper")
@signed_in_required
def paper(booking_id: int, signer_id: int) -> Any:
    """Note what was signed on paper."""
    signer = _signer_or_404(booking_id, signer_id)
    if not is_trusted_at(current_user.id, signer.authorisation.booking.school_id):
        abort(403)
    form = PaperForm(signer.role)
    if not form.validate_on_submit():
        return _page(signer.authorisation, paper=(signer.id, form)), 422
    name, capacity, signed_on = form.name.data or "", Capacity(form.capacity.data), form.signed_on.data
    assert signed_on is not None
    return _act(
        signer, form, "paper",
        lambda: services.note_paper(signer_id, current_user, name, capacity, signed_on),
        _("C’est noté : l’autorisation est signée sur papier."),
    )  # fmt: skip


def _act(signer: AuthorisationSigner, form: Any, which: str, service: Callable[[], Any], done: str) -> Any:
    signer_id, booking_id = signer.id, signer.authorisation.booking_id
    try:
        with transaction():
            service()
    except Refusal as refusal:
        form.refuse(refusal)
        fresh = db.session.get_one(AuthorisationSigner, signer_id).authorisation
        return _page(fresh, **{which: (signer_id, form)}), 409
    flash(done, "success")
    return redirect(url_for(".show", booking_id=booking_id), 303)


@bp.post("/teacher/bookings/<int:booking_id>/authorisation/<int:signer_id>/handout")
@signed_in_required
def hand_out(booking_id: int, signer_id: int) -> Any:
    """A link and a code to pass on, shown this once."""
    _signer_or_404(booking_id, signer_id)
    try:
        with transaction():
            token, code = services.hand_out(signer_id)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for(".show", booking_id=booking_id), 303)
    signer = db.session.get_one(AuthorisationSigner, signer_id)
    return (
        render_template(
            "bookings/authorisations/handout.html",
            signer=signer,
            booking=signer.authorisation.booking,
            link=site_link("accounts.action", token=token),
            code=shown_code(code),
            code_page=site_link("authorisations.code"),
        ),
        200,
        {"Cache-Control": "no-store"},
    )


@bp.route("/teacher/bookings/<int:booking_id>/coach", methods=["GET", "POST"])
@signed_in_required
def coach(booking_id: int) -> Any:
    """Where the coach stands."""
    booking = my_booking_or_404(booking_id)
    if booking.slot.activity.comes_to_class or booking.state not in ASKED_IN:
        abort(404)
    form = CoachForm(data=_coach_of(booking))
    if form.validate_on_submit():
        try:
            with transaction():
                services.settle_coach(booking_id, current_user, form.plan())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("C’est noté."), "success")
            return redirect(url_for("teacher.booking", booking_id=booking_id), 303)
    return render_template("bookings/authorisations/coach.html", booking=booking, form=form)


def _coach_of(booking: Booking) -> dict[str, Any]:
    return {"coach": booking.coach, "on": booking.coach_on, "leaves": booking.coach_leaves}


def _page(
    authorisation: Authorisation,
    *,
    send: tuple[int, SendForm] | None = None,
    paper: tuple[int, PaperForm] | None = None,
) -> str:
    sends, papers = dict([send] if send else []), dict([paper] if paper else [])
    lines = [
        Line(
            signer,
            deliveries_of(signer),
            [recipient.address for recipient in recipients_of(signer, also_sent_to=True)],
            sends[signer.id] if signer.id in sends else SendForm(signer.role, formdata=None),
            papers[signer.id] if signer.id in papers else PaperForm(signer.role, formdata=None),
        )
        for signer in authorisation.signers
    ]
    return render_template(
        "bookings/authorisations/show.html",
        authorisation=authorisation,
        booking=authorisation.booking,
        lines=lines,
        may_answer=may_answer,
        may_note_paper=is_trusted_at(current_user.id, authorisation.booking.school_id),
        form=(send or paper or (0, None))[1],
        opened=(paper or (0, None))[0],
    )


def _authorisation_or_404(booking_id: int) -> Authorisation:
    authorisation = my_booking_or_404(booking_id).authorisation
    if authorisation is None:
        abort(404)
    return authorisation


def _signer_or_404(booking_id: int, signer_id: int) -> AuthorisationSigner:
    found = next((each for each in _authorisation_or_404(booking_id).signers if each.id == signer_id), None)
    if found is None:
        abort(404)
    return found
