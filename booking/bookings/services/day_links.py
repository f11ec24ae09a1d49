"""The day sheet's own link: whoever receives the class opens it on a telephone, without an account."""

from __future__ import annotations

from datetime import UTC

from booking.accounts.action_links import lasting_link, lasting_token, link_of, revoke_links
from booking.bookings.day_sheets import day_of
from booking.bookings.rules.day import DayOver
from booking.bookings.services.places import lock_slot
from booking.catalogue.models import Slot
from booking.core import clock

PURPOSE = "day-sheet"


def open_day_sheet(slot_id: int) -> str:
    """The token of the slot's sheet, made when there is none: the same as long as it is not revoked.

    It opens from the day before to two days after, whatever the day on which it was made. Refuses: DayOver, NotFound.
    """
    slot = lock_slot(slot_id)
    until = day_of(slot).sheet_until.astimezone(UTC)
    if until <= clock.now():
        raise DayOver()
    return lasting_link(PURPOSE, _key(slot), expires_at=until)


def day_sheet_token(slot: Slot) -> str | None:
    """The token of the slot's sheet, if somebody has made its link and nobody has revoked it. Writes nothing."""
    token = lasting_token(PURPOSE, _key(slot))
    return token if link_of(token) else None


def close_day_sheet(slot_id: int) -> None:
    """Revoke the link: whoever holds it, or a paper with its code, opens nothing any more."""
    revoke_links(PURPOSE, _key(lock_slot(slot_id)))


def _key(slot: Slot) -> str:
    return f"slot/{slot.id}"
