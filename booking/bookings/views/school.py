"""A school's page: all of its bookings, for its head, the delegates and its teachers."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, render_template
from flask_login import current_user

from booking.accounts.models import SCHOOL_ROLES, MemberRole
from booking.accounts.permissions import my_memberships, school_or_404, signed_in_required
from booking.bookings import queries
from booking.bookings.authorisation_queries import awaiting_head
from booking.bookings.rules.states import State
from booking.core import clock
from booking.core.i18n import _n
from booking.schools.models import School

bp = Blueprint("school", __name__, url_prefix="/school")


@bp.get("/<uai>/")
@signed_in_required
def home(uai: str) -> str:
    """Everybody's bookings for a trusted member; somebody who only says to teach there sees their own."""
    school = school_or_404(uai)
    sees_all = _is_trusted_at(school)
    bookings = [
        booking
        for booking in queries.bookings_of_school(school.id)
        if sees_all or current_user.id in (booking.teacher_id, booking.booked_by_id)
    ]
    now = clock.now()
    to_come = [booking for booking in bookings if booking.is_alive and booking.slot.ends_at > now]
    over = [booking for booking in reversed(bookings) if booking not in to_come]
    counts = Counter(booking.state for booking in bookings)
    return render_template(
        "bookings/school/home.html",
        school=school,
        sees_all=sees_all,
        answers=_answers_for(school),
        awaiting=awaiting_head(school.id) if _answers_for(school) else [],
        to_come=to_come,
        over=over,
        counts=[(state, counts[state]) for state in State if counts[state]],
        pupils_to_come=sum(booking.pupils for booking in to_come if booking.state is State.CONFIRMED),
    )


@bp.app_template_filter("states_words")
def _states_words(state: State, number: int) -> str:
    """The state of several bookings, to follow their number: « 7 confirmées »."""
    words = {
        State.HELD: _n("option posée", "options posées", number),
        State.REQUESTED: _n("demande envoyée", "demandes envoyées", number),
        State.CONFIRMED: _n("confirmée", "confirmées", number),
        State.WAITING: _n("en liste d’attente", "en liste d’attente", number),
        State.OFFERED: _n("place proposée", "places proposées", number),
        State.DECLINED: _n("refusée", "refusées", number),
        State.EXPIRED: _n("expirée", "expirées", number),
        State.CANCELLED: _n("annulée", "annulées", number),
        State.ATTENDED: _n("classe venue", "classes venues", number),
        State.MISSED: _n("classe non venue", "classes non venues", number),
        State.EXCUSED: _n("classe excusée", "classes excusées", number),
    }
    return words[state]


def _answers_for(school: School) -> bool:
    """Whether the person is its head, or answers in the head's place: the papers of every outing are theirs to see."""
    mine = my_memberships(MemberRole.HEAD, MemberRole.DELEGATE)
    return any(m.is_trusted for m in mine if m.school_id == school.id)


def _is_trusted_at(school: School) -> bool:
    return any(m.is_trusted for m in my_memberships(*SCHOOL_ROLES) if m.school_id == school.id)
