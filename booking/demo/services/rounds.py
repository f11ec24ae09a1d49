"""An open round in the demo: the last days of the window are shared out, classes have ranked what they wish for."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.accounts.models import Person
from booking.catalogue.models import Edition
from booking.core.db import db
from booking.demo.rules import Season, chance_of
from booking.demo.services.people import Cast
from booking.matching.rounds.models import AllocationRound
from booking.matching.rounds.queries import obstacles_to_wishes, slots_of
from booking.matching.rounds.rules import NoSlotInRound
from booking.matching.rounds.services import RoundDraft, make_round, open_round, set_wishes
from booking.schools.models import Audience

LAST_DAYS = 5
WISHES_DAYS = 10
MOST_WISHES = 4


def make_rounds(season: Season, edition: Edition, cast: Cast) -> None:
    """A round of the officer's over the last days, open for some days; the demo's teacher has no wish in it yet."""
    edition.allocation_enabled = True
    closes_on = datetime.combine(season.today + timedelta(days=WISHES_DAYS), time(18), ZoneInfo("Europe/Paris"))
    draft = RoundDraft(
        edition_id=edition.id,
        name="Dernières places de l’édition en Essonne",
        territory="91 – Essonne",
        departements=["91"],
        kinds=[],
        first_on=season.days[-LAST_DAYS],
        last_on=season.days[-1],
        deadline_at=closes_on.astimezone(UTC),
        most_wishes=MOST_WISHES,
        per_school=3,
    )
    made = make_round(draft, cast.officer)
    # The same day gives the same demo: its seed too.
    made.seed = hashlib.sha256(f"{season.today}/seed".encode()).hexdigest()[:32]
    try:
        open_round(made.id)
    except NoSlotInRound:
        return
    _wish(season, made, cast)


def _wish(season: Season, made: AllocationRound, cast: Cast) -> None:
    chance, slots, own = chance_of(season.today, "round"), slots_of(made.id), {each.id for each in cast.own.values()}
    for school_class in cast.classes:
        if school_class.audience is not Audience.PUPILS or school_class.id in own:
            continue
        stops = obstacles_to_wishes(slots, school_class)
        possible = [slot.id for slot in slots if stops[slot.id] is None]
        wished = chance.sample(possible, min(len(possible), chance.randint(1, MOST_WISHES)))
        if wished:
            set_wishes(made.id, school_class.id, db.session.get_one(Person, school_class.owner_id), wished)
