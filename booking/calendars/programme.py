"""The public programme as a calendar to subscribe to: the open slots of any search (specs/invitations §7).

No person, school or class is named in it: what hosts wrote is read for addresses and telephone numbers first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import current_app
from icalendar import Event

from booking.calendars import ics
from booking.catalogue.exports import changed_at, places_words, uid_of_slot, without_contacts
from booking.catalogue.models import Slot
from booking.catalogue.queries import FoundSlots
from booking.catalogue.rules.wording import kind_words
from booking.core.i18n import _
from booking.mail.identity import organizer, organizer_address
from booking.schools.rules import level_span_words
from booking.territory.rules import PARIS

MOST_EVENTS = 1_000
# A feed holds 1 MB at most, the calendar's own lines and zones apart.
MOST_BYTES = 1_000_000 - 20_000

AddressOf = Callable[[Slot], str]


def programme_feed(name: str, found: FoundSlots, address_of: AddressOf) -> bytes:
    """The calendar of a search, soonest first; when there is too much, the first slots and a sentence that says so."""
    events = list(_within(MOST_BYTES, (_event(slot, address_of(slot)) for slot in found.slots)))
    shown = found.slots[: len(events)]
    zones = {slot.timezone for slot in shown}
    cut = _(
        "Les %(shown)d premiers créneaux sur %(total)d\u00a0: resserrez la recherche pour les avoir tous.",
        shown=len(shown),
        total=found.total,
    )
    main_zone = PARIS if PARIS in zones or not zones else min(zones)
    return ics.feed(name, main_zone, events, zones, description=cut if len(shown) < found.total else "")


def _within(most_bytes: int, events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        most_bytes -= len(event.to_ical(sorted=False))
        if most_bytes < 0:
            return
        yield event


def _event(slot: Slot, address: str) -> Event:
    activity, site = slot.activity, slot.activity.site
    host = organizer(organizer_address())
    changed = changed_at(slot)
    title = _("%(title)s (%(company)s)", title=without_contacts(activity.title), company=activity.company.name)
    event = ics.published_event(
        ics.EventFacts(
            uid=uid_of_slot(slot, current_app.config["CALENDAR_DOMAIN"]),
            sequence=slot.sequence,
            # Not from the clock: an unchanged programme is the same bytes.
            dtstamp=changed,
            created=min(slot.created_at, changed),
            modified=changed,
            local_start=slot.local_start,
            local_end=slot.local_end,
            timezone=slot.timezone,
            summary=title,
            location=_("Dans votre établissement") if activity.comes_to_class else site.one_line,
            description=_description(slot, address),
            organizer_name=host.name,
            organizer_address=host.address,
            organizer_sent_by=host.sent_by,
            latitude=None if activity.comes_to_class else site.latitude,
            longitude=None if activity.comes_to_class else site.longitude,
            url=address if address.startswith("https://") else None,
        ),
        busy=False,
    )
    event.add("CLASS", "PUBLIC")
    return event


def _description(slot: Slot, address: str) -> str:
    activity = slot.activity
    levels = level_span_words(activity.level_codes) if activity.levels else _("tous niveaux")
    lines = [
        without_contacts(activity.summary),
        _("%(kind)s, %(levels)s", kind=kind_words(activity.kind), levels=levels),
        _("Places\u00a0: %(places)s", places=places_words(slot)),
        _("Réserver\u00a0: %(address)s", address=address),
    ]
    return "\n".join(line for line in lines if line)
