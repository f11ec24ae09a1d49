"""The public programme: what is published by trusted companies, searched, counted and shown page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from math import ceil, cos, radians
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from booking.catalogue.models import (
    Activity,
    ActivityKind,
    ActivityLevel,
    Edition,
    PublicationState,
    Slot,
    SlotAudience,
    SlotState,
)
from booking.catalogue.rules.search import PAGE_SIZE, Search
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.models import Company, Site, Trust
from booking.companies.rules import sector_label
from booking.core import clock
from booking.core.db import db
from booking.territory.models import Departement
from booking.territory.rules import fold

KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Offer:
    """One activity as the programme shows it: its next slot that suits the search, and how many more there are."""

    activity: Activity
    slot: Slot | None
    more_dates: int


@dataclass(frozen=True)
class Results:
    """One page of the programme. kind_counts ignores the kind asked for, free_count the wish for free places."""

    offers: list[Offer]
    total: int
    kind_counts: dict[ActivityKind, int]
    free_count: int
    page: int

    @property
    def all_kinds_count(self) -> int:
        return sum(self.kind_counts.values())

    @property
    def pages(self) -> int:
        return max(1, ceil(self.total / PAGE_SIZE))


NOTHING = Results([], 0, {}, 0, 1)


@dataclass(frozen=True)
class Wider:
    """A wider search that finds something: the criterion it drops, and how many activities it gives."""

    dropped: str
    search: Search
    count: int


# ---- Editions and places


def editions() -> list[Edition]:
    """Every edition, the nearest week first."""
    return list(db.session.scalars(select(Edition).order_by(Edition.starts_on, Edition.id)))


def current_edition(among: Sequence[Edition] | None = None) -> Edition | None:
    """The edition open now: the dated one whose window holds today and whose week comes next, else the next one,
    else the permanent one, else the last."""
    known = editions() if among is None else among
    today = clock.now().date()
    dated = [edition for edition in known if not edition.is_permanent]
    open_now = [edition for edition in dated if edition.window_starts_on <= today <= edition.window_ends_on]
    ahead = [edition for edition in open_now if edition.ends_on >= today]
    coming = [edition for edition in dated if edition.window_starts_on > today]
    permanent = [edition for edition in known if edition.is_permanent]
    return next(iter([*ahead, *reversed(open_now), *coming, *permanent, *reversed(dated)]), None)


def open_slots_by_departement(edition: Edition) -> dict[str, int]:
    """How many slots can still be booked, by the département where they take place."""
    query = (
        select(Slot.departement_code, func.count())
        .join(Slot.activity)
        .join(Activity.company)
        .where(_is_public(), Activity.edition_id == edition.id, _is_coming(clock.now()), _has_room(clock.now()))
        .group_by(Slot.departement_code)
    )
    return dict(db.session.execute(query).tuples().all())


# ---- One activity


def public_activity(activity_id: int) -> Activity | None:
    """The activity with all that its page shows, if anybody may read it."""
    query = (
        select(Activity)
        .join(Activity.company)
        .where(Activity.id == activity_id, _is_public())
        .options(
            contains_eager(Activity.company),
            joinedload(Activity.site).joinedload(Site.departement),
            joinedload(Activity.edition),
            selectinload(Activity.levels),
        )
    )
    return db.session.scalars(query).one_or_none()


def coming_slots(activity: Activity) -> list[Slot]:
    """The activity's open slots that have not begun and are not kept for invited schools, in order."""
    query = (
        select(Slot).where(Slot.activity_id == activity.id, _is_coming(clock.now())).order_by(Slot.starts_at, Slot.id)
    )
    return list(db.session.scalars(query))


# ---- The programme


def programme(search: Search, edition: Edition) -> Results:
    """One page of the programme: dated offers in the order of their next date, then those whose dates are to agree.

    The number of statements is constant: it does not depend on how much is found.
    """
    kind_counts, free_counts = _counts(search, edition)
    total = kind_counts.get(search.kind, 0) if search.kind else sum(kind_counts.values())
    free_count = free_counts.get(search.kind, 0) if search.kind else sum(free_counts.values())
    page = min(search.page, max(1, ceil(total / PAGE_SIZE)))
    offers = _offers(search, edition, PAGE_SIZE, (page - 1) * PAGE_SIZE)
    return Results(offers, total, kind_counts, free_count, page)


def next_free_offers(edition: Edition, most: int) -> list[Offer]:
    """The activities with the next free places, one ticket each."""
    return _offers(Search(free=True), edition, most, 0)


def wider_searches(search: Search, edition: Edition) -> list[Wider]:
    """For a search that finds nothing: each criterion dropped in turn, where that finds something, the most first."""
    names = search.criteria()
    tries = [Wider(name, wider := search.without(name), _count(wider, edition)) for name in names]
    if not any(each.count for each in tries) and len(names) > 1:
        nothing_asked = search.without(*names)
        tries = [Wider("", nothing_asked, _count(nothing_asked, edition))]
    return sorted((each for each in tries if each.count), key=lambda each: -each.count)


def _count(search: Search, edition: Edition) -> int:
    kind_counts, _free = _counts(search, edition)
    return kind_counts.get(search.kind, 0) if search.kind else sum(kind_counts.values())


def _counts(search: Search, edition: Edition) -> tuple[dict[ActivityKind, int], dict[ActivityKind, int]]:
    """Activities found, by kind: all of them, and those with free places. The kind asked for is left out."""
    wide = search.without("kind")
    dated = _dated(wide)
    free = func.sum(case((dated.c.free_slots > 0, 1), else_=0))
    query = _found(select(Activity.kind, func.count(), free), wide, edition, dated).group_by(Activity.kind)
    rows = db.session.execute(query).all()
    return {kind: count for kind, count, _free in rows}, {kind: count for kind, _all, count in rows if count}


def _offers(search: Search, edition: Edition, most: int, offset: int) -> list[Offer]:
    dated = _dated(search)
    query = (
        _found(select(Activity, dated.c.slots), search, edition, dated)
        .options(contains_eager(Activity.company), contains_eager(Activity.site), selectinload(Activity.levels))
        .order_by(dated.c.next_at.is_(None), dated.c.next_at, Activity.id)
        .limit(most)
        .offset(offset)
    )
    found = [(activity, slots or 0) for activity, slots in db.session.execute(query)]
    slots = _next_slots([activity.id for activity, _count in found], search)
    return [Offer(activity, slots.get(activity.id), max(0, count - 1)) for activity, count in found]


def _next_slots(activity_ids: list[int], search: Search) -> dict[int, Slot]:
    """For each activity the slot its ticket shows: the first with room, else the first."""
    now = clock.now()
    order = (case((_has_room(now), 0), else_=1), Slot.starts_at, Slot.id)
    rank = func.row_number().over(partition_by=Slot.activity_id, order_by=order).label("rank")
    ranked = select(Slot.id, rank).where(Slot.activity_id.in_(activity_ids), *_slot_conditions(search)).subquery()
    query = select(Slot).join(ranked, ranked.c.id == Slot.id).where(ranked.c.rank == 1)
    return {slot.activity_id: slot for slot in db.session.scalars(query)}


def _dated(search: Search) -> Any:
    """By activity: how many slots suit the search, how many of them have room, and the date its ticket shows."""
    room = _has_room(clock.now())
    next_free = func.min(case((room, Slot.starts_at)))
    return (
        select(
            Slot.activity_id,
            func.count().label("slots"),
            func.sum(case((room, 1), else_=0)).label("free_slots"),
            func.coalesce(next_free, func.min(Slot.starts_at)).label("next_at"),
        )
        .where(*_slot_conditions(search))
        .group_by(Slot.activity_id)
        .subquery("dated")
    )


def _found(query: Select[Any], search: Search, edition: Edition, dated: Any) -> Select[Any]:
    """The activities that suit the search, joined to their company, their site and their dates."""
    query = (
        query.select_from(Activity)
        .join(Activity.company)
        .join(Activity.site)
        .outerjoin(dated, dated.c.activity_id == Activity.id)
        .where(_is_public(), Activity.edition_id == edition.id)
    )
    # Dates to agree have no date and no counted place: a search that asks for either leaves them out.
    wants_a_date = bool(search.first_on or search.last_on or search.free)
    has_date = dated.c.activity_id.is_not(None)
    query = query.where(has_date if wants_a_date else or_(has_date, _is_to_agree(search)))
    if search.kind:
        query = query.where(Activity.kind == search.kind)
    if search.sector:
        query = query.where(Activity.sector == search.sector)
    if search.level:
        levels = select(ActivityLevel.activity_id)
        suits = Activity.id.in_(levels.where(ActivityLevel.level_code == search.level))
        query = query.where(or_(suits, Activity.id.not_in(levels)))
    if search.is_near:
        query = query.where(_is_near(search))
    if search.q:
        query = query.where(Activity.id.in_(_ids_matching(search.q, edition)))
    return query


def _is_to_agree(search: Search) -> ColumnElement[bool]:
    """Activities without dates, in the territory asked for: there the site says where they are."""
    conditions: list[ColumnElement[bool]] = [Activity.dates_to_agree.is_(True)]
    if search.departement:
        conditions.append(Site.departement_code == search.departement)
    if search.academie:
        codes = select(Departement.code).where(Departement.academie_code == search.academie)
        conditions.append(Site.departement_code.in_(codes))
    return and_(*conditions)


def _is_public() -> ColumnElement[bool]:
    """Published, by a trusted company (product, section 11). The query joins Activity.company."""
    return and_(Activity.state == PublicationState.PUBLISHED, Company.trust == Trust.TRUSTED)


def _is_coming(now: datetime) -> ColumnElement[bool]:
    return and_(Slot.state == SlotState.OPEN, Slot.starts_at > now, Slot.audience == SlotAudience.ALL)


def _has_room(now: datetime) -> ColumnElement[bool]:
    """Some class could still be booked."""
    return and_(Slot.closes_at > now, Slot.taken_classes < Slot.max_classes, Slot.taken_pupils < Slot.max_pupils)


def _slot_conditions(search: Search) -> list[ColumnElement[bool]]:
    now = clock.now()
    conditions = [_is_coming(now)]
    if search.departement:
        conditions.append(Slot.departement_code == search.departement)
    if search.academie:
        conditions.append(Slot.academie_code == search.academie)
    if search.first_on:
        conditions.append(Slot.local_start >= datetime.combine(search.first_on, time.min))
    if search.last_on:
        conditions.append(Slot.local_start <= datetime.combine(search.last_on, time.max))
    if search.free:
        conditions.append(_has_room(now))
    return conditions


def _is_near(search: Search) -> ColumnElement[bool]:
    """Within the radius, on a flat map around the point: exact to a few metres at these distances.

    A speaker who comes to the school is near when the school is within the distance they accept to travel.
    """
    assert search.lat is not None
    assert search.lon is not None
    assert search.radius_km is not None
    north = (Site.latitude - search.lat) * KM_PER_DEGREE
    east = (Site.longitude - search.lon) * (KM_PER_DEGREE * cos(radians(search.lat)))
    reach = case(
        (Activity.kind == ActivityKind.CLASSROOM_WORKSHOP, func.coalesce(Activity.area_km, search.radius_km)),
        else_=search.radius_km,
    )
    return north * north + east * east <= reach * reach


def _ids_matching(q: str, edition: Edition) -> list[int]:
    """The activities of the edition whose title, company, commune, sector or kind hold every word asked for.

    The one place that knows how text is searched: an index may replace the reading of short texts.
    """
    query = (
        select(
            Activity.id,
            Activity.title,
            Activity.summary,
            Activity.sector,
            Activity.kind,
            Company.name,
            Site.commune_name,
        )
        .join(Activity.company)
        .join(Activity.site)
        .where(_is_public(), Activity.edition_id == edition.id)
    )
    wanted = [_stem(word) for word in fold(q).split()]
    if not wanted:
        return []
    return [
        row.id
        for row in db.session.execute(query)
        if _holds(
            wanted,
            [row.title, row.summary, row.name, row.commune_name, sector_label(row.sector), str(KIND_WORDS[row.kind])],
        )
    ]


def _holds(wanted: list[str], texts: list[str]) -> bool:
    words = [word for text in texts for word in fold(text).split()]
    return all(any(word.startswith(start) for word in words) for start in wanted)


def _stem(word: str) -> str:
    """Without the mark of the plural, so that « turbines » finds « turbine »."""
    return word.rstrip("sx") if len(word) > 3 else word
