"""The supply of the demo: companies, their sites, activities and slots, through the same door as any host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from booking.accounts.models import Person
from booking.catalogue import services
from booking.catalogue.models import Activity, ActivityKind, ConfirmationMode, Edition, Slot
from booking.catalogue.rules.activities import ActivityDraft
from booking.catalogue.rules.slots import Capacity
from booking.catalogue.services import SlotDraft
from booking.companies.models import Company, Site, Trust
from booking.core import clock
from booking.core.db import db
from booking.demo import reference
from booking.demo.reference import DemoActivity, DemoCompany
from booking.demo.rules import Season, chance_of, draw_times, siren_of, siret_of
from booking.demo.services.editions import Editions
from booking.demo.services.people import Cast, ReferenceIncomplete, make_hosts
from booking.territory.models import Commune

CLOSES_DAYS = (3, 3, 4, 5, 7)
DECISION_DAYS_BEFORE = 10


@dataclass
class Offered:
    """What was made. hosted: the activities of the current edition that are public, with what the demo says of them."""

    companies: dict[str, Company] = field(default_factory=dict)
    hosts: dict[str, list[Person]] = field(default_factory=dict)
    hosted: list[tuple[DemoActivity, Activity]] = field(default_factory=list)
    slots: dict[int, list[Slot]] = field(default_factory=dict)
    free_slot_ids: set[int] = field(default_factory=set)

    def of_key(self, key: str) -> Activity:
        return next(activity for demo, activity in self.hosted if demo.key == key)


def make_offers(season: Season, editions: Editions, cast: Cast) -> Offered:
    """Companies with all they offer in the current edition and all year. Refuses: ReferenceIncomplete."""
    chance = chance_of(season.today, "offers")
    offered = Offered()
    for number, company in enumerate(reference.companies(), start=1):
        offered.companies[company.key] = _make_company(company, number, cast)
        offered.hosts[company.key] = make_hosts(
            cast, offered.companies[company.key], company.key, company.hosts, company.phone
        )
    everything = [(activity, editions.current) for company in reference.companies() for activity in company.activities]
    everything += [(activity, editions.all_year) for activity in reference.all_year_activities()]
    for number, (demo, edition) in enumerate(everything):
        hosts = offered.hosts[demo.company]
        _make_activity(season, demo, edition, hosts[number % len(hosts)], offered, chance)
    db.session.flush()
    return offered


def _make_company(demo: DemoCompany, number: int, cast: Cast) -> Company:
    commune = db.session.get(Commune, demo.commune)
    if commune is None:
        raise ReferenceIncomplete(what=f"commune {demo.commune}")
    siren = siren_of(number)
    company = Company(
        siren=siren,
        name=demo.name,
        sector=demo.sector,
        ape_code=demo.ape,
        description=demo.description,
        trust=Trust.TRUSTED if demo.is_trusted else Trust.PENDING,
        trust_due_at=None if demo.is_trusted else clock.now() + timedelta(days=6),
        trusted_at=cast.joined_at if demo.is_trusted else None,
        trusted_by_id=cast.officer.id if demo.is_trusted else None,
        created_at=cast.joined_at,
    )
    company.sites.append(
        Site(
            siret=siret_of(siren),
            name=demo.name,
            address=demo.address,
            postcode=demo.postcode,
            commune_insee=commune.insee,
            commune_name=commune.name,
            departement_code=commune.departement_code,
            latitude=commune.latitude,
            longitude=commune.longitude,
            timezone=commune.departement.timezone,
            access=demo.facts.get("access", ""),
            parking=demo.facts.get("parking", ""),
            safety=demo.facts.get("safety", ""),
            created_at=cast.joined_at,
        )
    )
    db.session.add(company)
    db.session.flush()
    return company


def _make_activity(
    season: Season, demo: DemoActivity, edition: Edition, contact: Person, offered: Offered, chance: Random
) -> None:
    company = offered.companies[demo.company]
    activity = services.create_activity(company.id, draft_of(demo, edition.id, company.sites[0].id, contact.id))
    if demo.is_draft:
        return
    offered.slots[activity.id] = _make_slots(season, demo, activity, offered, chance)
    services.publish_activity(activity.id)
    if company.trust is Trust.TRUSTED:
        offered.hosted.append((demo, activity))


def draft_of(demo: DemoActivity, edition_id: int, site_id: int, contact_id: int) -> ActivityDraft:
    """The activity as its host would type it."""
    facts = demo.facts
    notice = facts.get("identity_notice_days")
    texts = ("access", "parking", "clothing", "equipment", "photo_rule", "access_note", "to_bring")
    return ActivityDraft(
        edition_id=edition_id,
        site_id=site_id,
        contact_id=contact_id,
        kind=ActivityKind(demo.kind),
        title=demo.title,
        sector=next(company.sector for company in reference.companies() if company.key == demo.company),
        summary=demo.summary,
        description=demo.description,
        all_levels=not demo.levels,
        levels=demo.levels,
        subjects=demo.subjects,
        languages=demo.languages,
        area_km=demo.area_km,
        access_motor=facts.get("motor"),
        access_visual=facts.get("visual"),
        access_hearing=facts.get("hearing"),
        access_mental=facts.get("mental"),
        group_size_max=facts.get("group_size_max"),
        adults_per_group=facts.get("adults_per_group", 1),
        minimum_age=facts.get("minimum_age"),
        identity_check=notice is not None,
        identity_notice_days=notice,
        confirmation=ConfirmationMode.INSTANT if demo.is_instant else ConfirmationMode.APPROVAL,
        answer_days=demo.answer_days,
        dates_to_agree=demo.yearly_cap is not None,
        yearly_cap=demo.yearly_cap,
        **{name: facts.get(name, "") for name in texts},
    )


def _make_slots(season: Season, demo: DemoActivity, activity: Activity, offered: Offered, chance: Random) -> list[Slot]:
    closes_days = max(chance.choice(CLOSES_DAYS), demo.facts.get("identity_notice_days") or 0)
    soonest = season.today + timedelta(days=closes_days + 2)
    days: Sequence[date] = [day for day in season.days if day >= soonest]
    if demo.wednesdays_only:
        days = [day for day in days if day.weekday() == 2]
    if demo.free_visit:
        days = [day for day in days if day != season.free_visit_on]
    times = draw_times(season, days, demo.hours, demo.slots - demo.free_visit, chance)
    free = draw_times(season, [season.free_visit_on], demo.hours[:1], 1, chance) if demo.free_visit else []
    slots = []
    for start, end in [*free, *times]:
        capacity = Capacity(demo.classes, demo.pupils, demo.adults, **_minimum(demo, start.date()))
        slots.append(services.create_slot(activity.id, SlotDraft(start, end, capacity, closes_days=closes_days)))
    offered.free_slot_ids |= {slot.id for slot in slots[: len(free)]}
    return slots


def _minimum(demo: DemoActivity, day: date) -> dict[str, Any]:
    if demo.min_pupils is None:
        return {}
    return {"min_pupils": demo.min_pupils, "decision_on": day - timedelta(days=DECISION_DAYS_BEFORE)}
