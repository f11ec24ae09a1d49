"""A company corrects its name, a site its address or how one gets in: the classes that come hear of it.

The verbs that write are `booking.companies.services`; here is what follows for slots, bookings and calendars.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update

from booking.accounts.models import Person
from booking.bookings.mails.snapshots import facts_of
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, Event, State
from booking.bookings.services.slots import lock_slots_with_bookings
from booking.bookings.services.transitions import step
from booking.catalogue.models import Activity, Slot, SlotState
from booking.catalogue.rules.activities import PlaceIsBooked, ZoneDiffers
from booking.catalogue.search import index_company
from booking.companies.models import Site
from booking.companies.services import CompanyDraft, SiteDraft, describe_company, describe_site, lock_company
from booking.core import clock
from booking.core.db import db

Facts = dict[int, dict[str, Any]]


def rewrite_company(company_id: int, person: Person, draft: CompanyDraft) -> int:
    """Change what a company says of itself; the classes that come are told of another name.

    Returns how many bookings were told. Refuses: SlotBusy.
    """
    lock_company(company_id)
    slots, bookings = _hold(Activity.company_id == company_id)
    before = {booking.id: facts_of(booking) for booking in bookings}
    places = _places_of(slots)
    describe_company(company_id, draft)
    _follow(slots, places, bookings)
    index_company(company_id)
    return _tell(bookings, before, person)


def rewrite_site(site_id: int, person: Person, draft: SiteDraft) -> int:
    """Correct a site's name, address or practical facts; the classes that come, and their calendars, are told.

    Another commune is a correction only while nobody counts on this one: a firm that moves has a new SIRET, hence
    another site. Returns how many bookings were told. Refuses: PlaceIsBooked, ZoneDiffers, SlotBusy, and a commune
    whose hour the calendars cannot carry.
    """
    lock_company(db.session.get_one(Site, site_id).company_id)
    site = db.session.get_one(Site, site_id, populate_existing=True)
    slots, bookings = _hold(Activity.site_id == site_id)
    if draft.commune.insee != site.commune_insee and bookings:
        raise PlaceIsBooked(field="town")
    before = {booking.id: facts_of(booking) for booking in bookings}
    places = _places_of(slots)
    describe_site(site_id, draft)
    if any(slot.timezone != site.timezone for slot in slots):
        raise ZoneDiffers(field="town")
    _follow(slots, places, bookings)
    index_company(site.company_id)
    return _tell(bookings, before, person)


def _hold(mine: ColumnElement[bool]) -> tuple[list[Slot], list[Booking]]:
    """Hold these activities, their slots to come and what their alive bookings touch, in the one order of locks."""
    db.session.execute(
        update(Activity).where(mine).values(updated_at=clock.now()).execution_options(synchronize_session=False)
    )
    ids = db.session.scalars(
        select(Slot.id)
        .join(Slot.activity)
        .where(mine, Slot.state != SlotState.CANCELLED, Slot.ends_at > clock.now())
        .order_by(Slot.id)
    ).all()
    bookings = lock_slots_with_bookings(ids)
    return [db.session.get_one(Slot, slot_id) for slot_id in ids], bookings


def _places_of(slots: Sequence[Slot]) -> dict[int, str]:
    """Where each slot takes place, as a calendar says it; a workshop is given at the school, wherever the site is."""
    return {slot.id: "" if slot.activity.comes_to_class else slot.activity.site.one_line for slot in slots}


def _follow(slots: Sequence[Slot], places: dict[int, str], bookings: Sequence[Booking]) -> None:
    """Slots and bookings to come follow their site; what is over stays where it took place."""
    for slot in slots:
        site = slot.activity.site
        slot.departement_code, slot.academie_code = site.departement_code, site.departement.academie_code
    now_at = _places_of(slots)
    moved = {slot_id for slot_id, place in places.items() if now_at[slot_id] != place}
    for slot in slots:
        if slot.id in moved:
            slot.sequence += 1
            slot.updated_at = clock.now()
    for booking in bookings:
        if booking.slot_id in moved:
            booking.place = now_at[booking.slot_id]
    db.session.flush()


def _tell(bookings: Sequence[Booking], before: Facts, person: Person) -> int:
    """Who waits or has an option hears of another address; who comes, of whatever the mails and calendars said."""
    told = 0
    for booking in bookings:
        was, is_now = before[booking.id], facts_of(booking)
        event = Event.SITE_CORRECTED if was["place"] != is_now["place"] else Event.SLOT_REWORDED
        if was == is_now or (event is Event.SLOT_REWORDED and booking.state is not State.CONFIRMED):
            continue
        step(booking, event, Actor.HOST, person, before=was)
        told += 1
    return told
