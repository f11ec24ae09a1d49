"""The need board: a teacher posts what a class looks for, a company sees what it could meet and offers a date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from booking.accounts.permissions import company_or_404, signed_in_required
from booking.bookings.models import Booking
from booking.bookings.queries import is_trusted_at, saved_classes
from booking.bookings.services.places import NotFound
from booking.catalogue.models import Slot
from booking.companies.models import Company, Site
from booking.core import clock
from booking.core.dates import format_moment
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.matching.board import queries, services
from booking.matching.board.forms import BoardOfferForm, NeedForm, need_values, values_of_search
from booking.matching.board.queries import Match
from booking.matching.board.rules import LIMITS
from booking.matching.board.words import reach_words, sought_words
from booking.matching.forms import offer_values
from booking.matching.models import Need, NeedState
from booking.schools.models import Audience, School, SchoolClass
from booking.territory.outlines import Frame, Outline, Position, outlines_in
from booking.territory.rules import today_at

bp = Blueprint("board", __name__)


@bp.app_template_filter("sought_words")
def _sought_words(need: Need) -> str:
    return sought_words(need.theme, need.sectors, need.kinds)


@bp.app_template_filter("reach_words")
def _reach_words(need: Need) -> str:
    return reach_words(need.radius_km or LIMITS.usual_radius_km, can_travel=need.can_travel)


@bp.app_template_filter("is_wished")
def _is_wished(slot: Slot, need: Need) -> bool:
    return queries.is_wished(slot, queries.wishes_of(need))


@bp.app_template_global("board_count")
def _board_count(company: Company) -> int:
    return len(queries.board_of(company))


# ---- The teacher


@bp.route("/teacher/needs/new", methods=["GET", "POST"])
@signed_in_required
def new() -> Any:
    """Post a need; the address of a search of the programme fills the form in."""
    classes = _my_classes()
    form = NeedForm(classes, data=values_of_search(request.args, classes))
    if classes and form.validate_on_submit():
        try:
            with transaction():
                need = services.post_to_board(form.class_id.data, current_user, form.draft())
        except NotFound:
            abort(404)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La recherche est publiée : les entreprises qui peuvent y répondre la voient."), "success")
            return redirect(url_for("needs.show", need_id=need.id))
    return render_template("matching/board/form.html", form=form, classes=classes, need=None, limits=LIMITS)


@bp.route("/teacher/needs/<int:need_id>/edit", methods=["GET", "POST"])
@signed_in_required
def edit(need_id: int) -> Any:
    need = mine_or_404(need_id)
    form = NeedForm([need.school_class], data=need_values(need))
    if form.validate_on_submit():
        try:
            with transaction():
                services.edit_on_board(need.id, form.draft())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("La recherche est à jour."), "success")
            return redirect(url_for("needs.show", need_id=need_id))
    return render_template("matching/board/form.html", form=form, classes=[need.school_class], need=need, limits=LIMITS)


def show_mine(need: Need) -> str:
    """The page of one's own need, with the dates that firms hold for it."""
    return render_template(
        "matching/board/mine.html",
        need=need,
        offers=queries.offers_of_need(need),
        is_open=need.state is NeedState.OPEN,
        limits=LIMITS,
    )


def withdraw_mine(need: Need) -> None:
    with transaction():
        services.withdraw_from_board(need.id, current_user)


def mine_or_404(need_id: int) -> Need:
    need = queries.need_on_board(need_id)
    if need is None or need.teacher_id != current_user.id:
        abort(404)
    return need


def _my_classes() -> list[SchoolClass]:
    return [each for each in saved_classes(current_user) if each.audience is Audience.PUPILS]


# ---- The company


@dataclass(frozen=True)
class Point:
    """Where something is on the map. number: of the need in the list; none for the company's own sites."""

    x: float
    y: float
    name: str
    number: int | None = None


@dataclass(frozen=True)
class Map:
    frame: Frame
    outlines: list[Outline]
    points: list[Point]


@bp.get("/company/<int:company_id>/board")
@signed_in_required
def index(company_id: int) -> str:
    company = company_or_404(company_id)
    found = queries.board_of(company)
    return render_template(
        "matching/board/index.html",
        company=company,
        found=found,
        map=map_of(company, found),
        offers=queries.offers_of_company(company.id),
        has_activities=bool(queries.offerable_activities(company)),
        limits=LIMITS,
    )


def map_of(company: Company, found: Sequence[Match]) -> Map | None:
    """The needs around the company's sites; none when there is nothing to place."""
    schools = [(number, where) for number, each in enumerate(found, 1) if (where := _position(each.need.school))]
    sites = [(site.name, where) for site in company.sites if (where := _position(site))]
    if not schools:
        return None
    frame = Frame.around([where for _what, where in [*schools, *sites]])
    points = [Point(*frame.place(*where), name) for name, where in sites]
    # The first of the list lies on top where two are in the same town.
    points += [
        Point(*frame.place(*where), found[number - 1].need.school.commune_name, number)
        for number, where in reversed(schools)
    ]
    return Map(frame, outlines_in(frame), points)


def _position(place: School | Site) -> Position | None:
    if place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


@bp.get("/company/<int:company_id>/board/<int:need_id>")
@signed_in_required
def show(company_id: int, need_id: int) -> str:
    return _page(*_seen_or_404(company_id, need_id))


@bp.post("/company/<int:company_id>/board/<int:need_id>/slots/<int:slot_id>")
@signed_in_required
def offer_slot(company_id: int, need_id: int, slot_id: int) -> Any:
    """Hold places of a slot that is there, in one click."""
    _seen_or_404(company_id, need_id)
    try:
        with transaction():
            booking = services.offer_slot(need_id, company_id, slot_id, current_user)
    except NotFound:
        abort(404)
    except Refusal as refusal:
        flash(refusal.message, "error")
        return redirect(url_for(".show", company_id=company_id, need_id=need_id))
    return _offered(company_id, booking)


@bp.post("/company/<int:company_id>/board/<int:need_id>/slots")
@signed_in_required
def offer_new_slot(company_id: int, need_id: int) -> Any:
    """Make a date for the class, and hold its places."""
    _company, _need, match = _seen_or_404(company_id, need_id)
    form = BoardOfferForm(match.activities if match else [])
    if form.validate_on_submit():
        activity = next(each for each in match.activities if each.id == form.activity_id.data) if match else abort(404)
        draft = form.draft(today_at(activity.site.timezone, clock.now()))
        try:
            with transaction():
                booking = services.offer_new_slot(
                    need_id, company_id, activity.id, draft, current_user, is_open_to_all=form.is_open_to_all.data
                )
        except NotFound:
            abort(404)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _offered(company_id, booking)
    company, need, match = _seen_or_404(company_id, need_id)
    return _page(company, need, match, form)


def _offered(company_id: int, booking: Booking) -> Any:
    until = format_moment(booking.deadline_at, booking.slot.timezone) if booking.deadline_at else ""
    flash(
        _(
            "La date est proposée : %(teacher)s répond avant le %(moment)s, et les places sont gardées pour la classe.",
            teacher=booking.teacher.name,
            moment=until,
        ),
        "success",
    )
    return redirect(url_for("company.booking", company_id=company_id, booking_id=booking.id))


def _page(company: Company, need: Need, match: Match | None, form: BoardOfferForm | None = None) -> str:
    own = [offer for offer in queries.offers_of_need(need) if offer.company_id == company.id]
    is_open = need.state is NeedState.OPEN and need.deadline_at > clock.now()
    may_offer = match is not None and is_open and not any(offer.booking.is_alive for offer in own)
    return render_template(
        "matching/board/need.html",
        company=company,
        need=need,
        match=match,
        own=own,
        is_open=is_open,
        may_offer=may_offer,
        slots=queries.slots_to_offer(match) if match and may_offer else [],
        is_verified=is_trusted_at(need.teacher_id, need.school_id),
        form=form,
        offer_form=form or _empty_form(match, need) if may_offer else None,
    )


def _empty_form(match: Match | None, need: Need) -> BoardOfferForm | None:
    if match is None:
        return None
    asked = {
        "activity_id": match.activity.id,
        "adults_per_class": min(match.activity.adults_per_group, need.school_class.adults),
    }
    return BoardOfferForm(match.activities, formdata=None, data=offer_values(need) | asked)


def _seen_or_404(company_id: int, need_id: int) -> tuple[Company, Need, Match | None]:
    """A need that the company could meet, or to which it offered a date; any other is a 404. Of one that is over, the page
    says so and no more."""
    company = company_or_404(company_id)
    need = queries.need_on_board(need_id) or abort(404)
    match = queries.match_of(company, need) if company.trust == "trusted" else None
    if match is None and not any(offer.company_id == company.id for offer in need.offers):
        abort(404)
    return company, need, match
