"""The programme as data: one row for each slot, for spreadsheets and for programs. Nobody's name, address or telephone.

The fields of the JSON document are described in docs/programme-downloads.md: others rely on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.catalogue.models import Activity, BookedBy, Edition, Slot
from booking.catalogue.queries import FoundSlots
from booking.catalogue.rules.search import Search
from booking.catalogue.rules.wording import kind_words
from booking.companies.rules import sector_label
from booking.core import clock
from booking.core.i18n import _, _n
from booking.core.spreadsheets import csv_bytes
from booking.schools.reference import levels_by_code

MOST_ROWS = 5_000

AddressOf = Callable[[Slot], str]

_CONTACTS = re.compile(
    r"[^\s@<>;,()]+@[^\s@<>;,()]+\.\w+"  # an e-mail address
    r"|(?<!\d)(?:(?:\+|00)\s?\d{2,3}\s?(?:\(0\)\s?)?|0)[1-9](?:[\s\u00a0\u202f.\-]?\d{2}){4}(?!\d)"  # a telephone number
)


def without_contacts(text: str) -> str:
    """The text with « … » for each e-mail address and telephone number that a host may have written in it."""
    return _CONTACTS.sub("…", text)


def uid_of_slot(slot: Slot, domain: str) -> str:
    """The slot's name in every calendar (specs/invitations §2.1)."""
    return f"creneau-{slot.uuid}@{domain}"


def changed_at(slot: Slot) -> datetime:
    """When something that a calendar or a table shows of the slot was last different."""
    now = clock.now()
    moments = [slot.updated_at, slot.activity.updated_at, *([slot.closes_at] if slot.closes_at <= now else [])]
    return max(moments)


def places_code(slot: Slot) -> str:
    """`open`, `full`, `closed` (bookings are over) or `no_booking` (anybody may come)."""
    if slot.activity.booked_by is BookedBy.NONE:
        return "no_booking"
    if slot.closes_at <= clock.now():
        return "closed"
    return "open" if slot.free_pupils else "full"


def places_words(slot: Slot) -> str:
    """How many places are left, in a few words."""
    code = places_code(slot)
    if code == "no_booking":
        return _("entrée libre")
    if code == "closed":
        return _("inscriptions closes")
    if code == "full":
        return _("complet")
    if slot.activity.comes_to_class:
        return _n(
            "%(num)d classe libre sur %(total)d",
            "%(num)d classes libres sur %(total)d",
            slot.free_classes,
            total=slot.max_classes,
        )
    return _n(
        "%(num)d place libre sur %(total)d",
        "%(num)d places libres sur %(total)d",
        slot.free_pupils,
        total=slot.max_pupils,
    )


def level_words(activity: Activity) -> str:
    """The levels in their order, « tous niveaux » when the activity names none."""
    known = levels_by_code()
    named = sorted((known[code] for code in activity.level_codes if code in known), key=lambda level: level.rank)
    return ", ".join(level.short_label for level in named) or _("tous niveaux")


# ---- For spreadsheets


def programme_csv(found: FoundSlots, address_of: AddressOf) -> bytes:
    """A heading, then one row for each slot; a last row says so when there were too many."""
    rows = [_row(slot, address_of(slot)) for slot in found.slots]
    if len(found.slots) < found.total:
        rows.append([_too_many(found)])
    return csv_bytes(_headings(), rows)


def _headings() -> list[str]:
    return [
        _("Date"), _("Début"), _("Fin"), _("Fuseau horaire"), _("Activité"), _("Genre"), _("Entreprise"), _("Secteur"),
        _("Niveaux"), _("Vient dans la classe"), _("Adresse"), _("Code postal"), _("Commune"), _("Département"),
        _("Places libres"), _("Places en tout"), _("Classes libres"), _("Classes en tout"),
        _("Accompagnateurs par classe"), _("État"), _("Inscriptions jusqu’au"), _("Page de l’activité"),
    ]  # fmt: skip


def _row(slot: Slot, address: str) -> list[Any]:
    activity, site = slot.activity, slot.activity.site
    return [
        f"{slot.local_start:%d/%m/%Y}", f"{slot.local_start:%H:%M}", f"{slot.local_end:%H:%M}", slot.timezone,
        without_contacts(activity.title), kind_words(activity.kind), activity.company.name,
        sector_label(activity.sector), level_words(activity), _("oui") if activity.comes_to_class else _("non"),
        site.address, site.postcode, site.commune_name, slot.departement_code,
        slot.free_pupils, slot.max_pupils, slot.free_classes, slot.max_classes, slot.adults_per_class,
        places_words(slot), f"{_local(slot, slot.closes_at):%d/%m/%Y %H:%M}", address,
    ]  # fmt: skip


def _local(slot: Slot, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(slot.timezone))


def _too_many(found: FoundSlots) -> str:
    return _(
        "Seuls les %(shown)d premiers créneaux sont donnés, sur %(total)d\u00a0: resserrez la recherche.",
        shown=len(found.slots),
        total=found.total,
    )


# ---- For programs


def programme_json(
    found: FoundSlots, search: Search, edition: Edition | None, domain: str, address_of: AddressOf
) -> dict[str, Any]:
    """The document: what was asked, how many slots answer, and the slots, soonest first."""
    is_cut = len(found.slots) < found.total
    return {
        "query": search.without().query(),
        "edition": edition and {"slug": edition.slug, "name": edition.name},
        "total": found.total,
        "truncated": is_cut,
        "note": _too_many(found) if is_cut else None,
        "slots": [_as_json(slot, domain, address_of(slot)) for slot in found.slots],
    }


def _as_json(slot: Slot, domain: str, address: str) -> dict[str, Any]:
    activity, site = slot.activity, slot.activity.site
    return {
        "id": slot.id,
        "uid": uid_of_slot(slot, domain),
        "starts_at": _instant(slot.starts_at),
        "ends_at": _instant(slot.ends_at),
        "local_start": slot.local_start.isoformat(timespec="minutes"),
        "local_end": slot.local_end.isoformat(timespec="minutes"),
        "timezone": slot.timezone,
        "bookings_close_at": _instant(slot.closes_at),
        "places": {
            "state": places_code(slot),
            "pupils_left": slot.free_pupils,
            "pupils": slot.max_pupils,
            "classes_left": slot.free_classes,
            "classes": slot.max_classes,
            "adults_per_class": slot.adults_per_class,
        },
        "activity": {
            "id": activity.id,
            "title": without_contacts(activity.title),
            "summary": without_contacts(activity.summary),
            "kind": activity.kind.value,
            "sector": activity.sector,
            "levels": sorted(activity.level_codes),
            "languages": activity.languages,
            "comes_to_class": activity.comes_to_class,
            "url": address,
        },
        "company": {"name": activity.company.name},
        "place": {
            "name": site.name,
            "address": site.address,
            "postcode": site.postcode,
            "commune": site.commune_name,
            "insee": site.commune_insee,
            "departement": slot.departement_code,
            "academie": slot.academie_code,
            "latitude": site.latitude,
            "longitude": site.longitude,
        },
        "changed_at": _instant(changed_at(slot)),
    }


def _instant(moment: datetime) -> str:
    """« 2027-01-12T08:00:00Z »."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
