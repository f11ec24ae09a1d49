"""Reads of the need board: what a firm could meet, ranked with its reasons, and what it has offered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from math import cos, radians
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from booking.bookings.models import Booking
from booking.bookings.queries import explain_all, fit_of, is_public
from booking.bookings.rules.scores import Score, score
from booking.bookings.rules.states import TAKEN, State
from booking.catalogue.models import Activity, ActivityKind, Edition, PublicationState, Slot, SlotState
from booking.companies.models import Company, Trust
from booking.core import clock
from booking.core.db import db
from booking.matching.board.rules import KINDS, LIMITS, Given, Wanted, could_meet
from booking.matching.models import Need, NeedOffer, NeedState
from booking.matching.rules import Half, Wish
from booking.schools.models import School, SchoolClass
from booking.territory.rules import distance_km, today_at

KM_PER_DEGREE = 111.2
# Nobody travels farther for a morning: the farthest radius, and a speaker's area, with a margin.
FARTHEST_KM = 300
SLOTS_SHOWN = 6
# What a firm may put aside when it invites a class itself: adults can be found, and its own slot is its own to give.
LIFTED = frozenset({"adults_missing", "reserved"})


@dataclass(frozen=True)
class Match:
    """A need that a company could meet. activities: those of its own that suit, the best first; score: of the best."""

    need: Need
    activities: list[Activity]
    score: Score
    distance_km: float | None

    @property
    def activity(self) -> Activity:
        return self.activities[0]


def board_of(company: Company) -> list[Match]:
    """The open needs that one of the company's activities could meet, the best first.

    Not those to which it has offered a date, nor those that have as many offers as a class may get.
    """
    activities = offerable_activities(company)
    if not activities or company.trust is not Trust.TRUSTED:
        return []
    needs = db.session.scalars(_open_needs().where(_around(activities), *_wanting_offers(company.id))).unique().all()
    return matches(needs, activities)


def matches(needs: Iterable[Need], activities: Sequence[Activity]) -> list[Match]:
    """Those of the needs that one of the activities could meet, the best first."""
    needs = list(needs)
    served = served_schools({need.school_id for need in needs})
    dates = _dates_of(activities)
    found = [match for need in needs if (match := _match(need, activities, served, dates))]
    return sorted(found, key=lambda each: (-each.score.points, each.need.deadline_at, each.need.id))


def match_of(company: Company, need: Need) -> Match | None:
    """The need as this company could meet it; None when it could not."""
    return next(iter(matches([need], offerable_activities(company))), None)


def _match(
    need: Need, activities: Sequence[Activity], served: Collection[int], dates: dict[int, list[Slot]]
) -> Match | None:
    wanted = wanted_of(need)
    suited = [each for each in activities if could_meet(wanted, given_of(each, need.school))]
    if not suited:
        return None
    scores = {each.id: _score(need, each, served, dates[each.id]) for each in suited}
    suited.sort(key=lambda each: (-scores[each.id].points, each.id))
    return Match(need, suited, scores[suited[0].id], given_of(suited[0], need.school).distance_km)


def _score(need: Need, activity: Activity, served: Collection[int], dates: list[Slot]) -> Score:
    wishes = wishes_of(need)
    return score(
        replace(
            fit_of(activity, need.school_class, {}),
            sector=activity.sector in need.sectors if need.sectors else None,
            on_wished_day=any(is_wished(slot, wishes) for slot in dates) if dates else None,
            never_served=need.school_id not in served,
        )
    )


def wishes_of(need: Need) -> list[Wish]:
    return [Wish.from_json(row) for row in need.wishes]


def is_wished(slot: Slot, wishes: Iterable[Wish]) -> bool:
    """Whether the slot is on a day, and at a time of the day, that the class asked for."""
    day, is_morning = slot.local_start.date(), slot.local_start.hour < 12
    halves = (Half.ANY, Half.MORNING if is_morning else Half.AFTERNOON)
    return any(wish.holds(day) and wish.half in halves for wish in wishes)


def wanted_of(need: Need) -> Wanted:
    """The need as the rules see it."""
    return Wanted(
        level=need.school_class.level_code,
        sectors=frozenset(need.sectors),
        kinds=frozenset(ActivityKind(kind) for kind in need.kinds),
        radius_km=need.radius_km or LIMITS.usual_radius_km,
        can_travel=need.can_travel,
    )


def given_of(activity: Activity, school: School) -> Given:
    """The activity as the rules see it, from this school."""
    site = activity.site
    places = (school.latitude, school.longitude, site.latitude, site.longitude)
    return Given(
        kind=activity.kind,
        sector=activity.sector,
        levels=frozenset(activity.level_codes),
        area_km=activity.area_km,
        distance_km=None if None in places else distance_km(*places),  # type: ignore[arg-type]
    )


def offerable_activities(company: Company) -> list[Activity]:
    """The company's activities that it could offer a date of: published, for classes, in an edition that is not over."""
    today = clock.now().date()
    query = (
        select(Activity)
        .join(Activity.edition)
        .where(
            Activity.company_id == company.id,
            Activity.state == PublicationState.PUBLISHED,
            Activity.kind.in_(KINDS),
            or_(Edition.is_permanent, Edition.window_ends_on >= today),
        )
        .options(joinedload(Activity.site), joinedload(Activity.company), selectinload(Activity.levels))
        .order_by(Activity.id)
    )
    return list(db.session.scalars(query).unique())


def is_offerable(activity: Activity) -> bool:
    """Whether a date of the activity may be offered to a class."""
    edition = activity.edition
    is_over = not edition.is_permanent and edition.window_ends_on < today_at(activity.site.timezone, clock.now())
    return is_public(activity) and activity.kind in KINDS and not is_over


def slots_to_offer(match: Match) -> list[Slot]:
    """Dates that are there and that the class could take, those it wishes for first; a few of them."""
    need, wishes = match.need, wishes_of(match.need)
    coming = [slot for slots in _dates_of(match.activities).values() for slot in slots]
    answers = explain_all(coming, need.school_class)
    free = [slot for slot in coming if {stop.code for stop in answers[slot.id].stops} <= LIFTED]
    return sorted(free, key=lambda slot: (not is_wished(slot, wishes), slot.starts_at, slot.id))[:SLOTS_SHOWN]


def _dates_of(activities: Sequence[Activity]) -> dict[int, list[Slot]]:
    """The slots to come, by activity, that still take a class."""
    now = clock.now()
    query = (
        select(Slot)
        .where(
            Slot.activity_id.in_([each.id for each in activities]),
            Slot.state == SlotState.OPEN,
            Slot.closes_at > now,
            Slot.taken_classes < Slot.max_classes,
        )
        .options(joinedload(Slot.activity))
        .order_by(Slot.starts_at, Slot.id)
    )
    found: dict[int, list[Slot]] = defaultdict(list)
    for slot in db.session.scalars(query).unique():
        found[slot.activity_id].append(slot)
    return found


def served_schools(school_ids: Collection[int]) -> set[int]:
    """Those of the schools that a class of theirs has, or had, a place for."""
    query = select(Booking.school_id).where(
        Booking.school_id.in_(school_ids), Booking.state.in_(TAKEN - {State.OFFERED})
    )
    return set(db.session.scalars(query.distinct()))


# ---- Needs


def need_on_board(need_id: int) -> Need | None:
    return (
        db.session.scalars(_shown(select(Need).where(Need.id == need_id, Need.activity_id.is_(None)))).unique().first()
    )


def open_of_class(class_id: int) -> int:
    return _count(Need.class_id == class_id)


def open_of_person(person_id: int) -> int:
    return _count(Need.teacher_id == person_id)


def _count(whose: ColumnElement[bool]) -> int:
    query = (
        select(func.count()).select_from(Need).where(Need.state == NeedState.OPEN, Need.activity_id.is_(None), whose)
    )
    return db.session.scalar(query) or 0


def _open_needs() -> Select[Any]:
    query = (
        select(Need)
        .join(Need.school)
        .join(Need.school_class)
        .where(
            Need.state == NeedState.OPEN,
            Need.activity_id.is_(None),
            Need.deadline_at > clock.now(),
            SchoolClass.archived_at.is_(None),
        )
    )
    return _shown(query)


def _shown(query: Select[Any]) -> Select[Any]:
    return query.options(joinedload(Need.school), joinedload(Need.school_class), joinedload(Need.teacher))


def _around(activities: Sequence[Activity]) -> ColumnElement[bool]:
    """A square around each site; a school whose position is not known is in all of them."""
    sites = {each.site_id: each.site for each in activities}.values()
    squares = []
    for site in sites:
        if site.latitude is None or site.longitude is None:
            squares.append(School.departement_code == site.departement_code)
            continue
        north = FARTHEST_KM / KM_PER_DEGREE
        east = north / max(0.1, cos(radians(site.latitude)))
        squares.append(
            and_(
                School.latitude.between(site.latitude - north, site.latitude + north),
                School.longitude.between(site.longitude - east, site.longitude + east),
            )
        )
    return or_(School.latitude.is_(None), *squares)


# ---- Offers


def offers_waiting(*columns: Any) -> Select[Any]:
    """A query over the offers that their class has not answered."""
    return select(*columns).join(Booking, Booking.id == NeedOffer.booking_id).where(Booking.state == State.OFFERED)


def _wanting_offers(company_id: int) -> list[ColumnElement[bool]]:
    own = offers_waiting(NeedOffer.need_id).where(NeedOffer.company_id == company_id)
    full = offers_waiting(NeedOffer.need_id).group_by(NeedOffer.need_id).having(func.count() >= LIMITS.offers_per_need)
    return [Need.id.not_in(own), Need.id.not_in(full)]


def count_offers_of_company(company_id: int) -> int:
    """How many dates the company holds for classes of the board that have not answered."""
    query = offers_waiting(func.count(NeedOffer.id)).where(NeedOffer.company_id == company_id)
    return db.session.scalar(query) or 0


def offers_of_company(company_id: int, limit: int = 50) -> Sequence[NeedOffer]:
    """What the company offered on the board, the latest first."""
    query = (
        select(NeedOffer)
        .where(NeedOffer.company_id == company_id)
        .options(
            joinedload(NeedOffer.booking).joinedload(Booking.slot).joinedload(Slot.activity),
            joinedload(NeedOffer.need).joinedload(Need.school),
            joinedload(NeedOffer.need).joinedload(Need.school_class),
        )
        .order_by(NeedOffer.id.desc())
        .limit(limit)
    )
    return db.session.scalars(query).unique().all()


def offers_of_need(need: Need) -> Sequence[NeedOffer]:
    """The dates offered for a need, those that wait for an answer first."""
    query = (
        select(NeedOffer)
        .where(NeedOffer.need_id == need.id)
        .options(
            joinedload(NeedOffer.booking).joinedload(Booking.slot).joinedload(Slot.activity).joinedload(Activity.site),
            joinedload(NeedOffer.company),
        )
        .order_by(NeedOffer.id)
    )
    found = db.session.scalars(query).unique().all()
    return sorted(found, key=lambda offer: (offer.booking.state is not State.OFFERED, offer.id))
