"""The page that a mail opens to say, without an account, that the new date of a moved slot suits. GET shows, POST acts."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from booking.accounts.action_links import action_page
from booking.accounts.models import ActionLink
from booking.bookings import services
from booking.bookings.mails.letters import RECONFIRM
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.bookings.services.changes import booking_of_link, is_link_of_this_date
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal


@action_page(RECONFIRM)
def reconfirm(link: ActionLink, token: str) -> Any:
    """A link says yes to one date, once: after another move, or an answer, it only shows how things stand."""
    refusal: Refusal | None = None
    link_id = link.id
    if request.method == "POST" and link.used_at is None:
        try:
            with transaction():
                services.reconfirm_by_link(link_id)
        except Refusal as refused:
            refusal = refused
    link = db.session.get_one(ActionLink, link_id)
    booking = db.session.get_one(Booking, booking_of_link(link))
    is_this_date = is_link_of_this_date(link, booking)
    page = render_template(
        "bookings/changes/reconfirm.html",
        booking=booking,
        slot=booking.slot,
        activity=booking.slot.activity,
        refusal=refusal,
        is_this_date=is_this_date,
        is_said=is_this_date and link.used_at is not None,
        may_say=is_this_date
        and booking.state is State.CONFIRMED
        and bool(booking.reconfirm_by and booking.reconfirm_by > clock.now()),
    )
    return (page, 409) if refusal else page
