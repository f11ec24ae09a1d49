"""The public programme: what is published by trusted companies, searched, counted and shown page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from math import ceil, cos, radians
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, extract, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from booking.catalogue.models import (
    Activity,
    ActivityKind,
    ActivityLevel,
    ActivityTerm,
    Edition,
    LabelState,
    PublicationState,
    Slot,
    SlotAudience,
    SlotState,
)
from booking.catalogue.rules.search import (
    AFTERNOON_STARTS_AT,
    BACK_AT,
    ENDS_BY_WITHOUT_PLACE,
    MORNING_ENDS_BY,
    PAGE_SIZE,
    Place,
    Search,
    coach_reach,
)
from booking.catalogue.rules.words import Known, Wanted, look_alikes, mistakes_allowed, nearest, wanted_words
from booking.companies.models import Company, Site, Trust
from booking.companies.pauses import takes_requests
from booking.core import clock
from booking.core.db import db
from booking.territory.models import Commune, Departement
from booking.territory.queries import communes_of_postcode, search_communes

KM_PER_DEGREE = 111.2

# Whole words before the beginnings of words, whatever they weigh.
WHOLE_WORD, BEGINNING = 2, 1
# After every letter and figure of a folded word: closes the range of the words that begin alike.
AFTER_Z = "{"


@dataclass(frozen=True)
class Offer:
    """One activity as the programme shows it: its next slot that suits the search, and how many more there are."""

    activity: Activity
    slot: Slot | None
    more_dates: int


@dataclass(frozen=True)
class Results:
    """One page of the programme. kind_counts ignores the kind asked for, free_count the wish for free places.

    corrected: the words that were looked for instead of those typed, which nothing holds; empty when they are the same.
    """

    offers: list[Offer]
    total: int
    kind_counts: dict[ActivityKind, int]
    free_count: int
    page: int
    corrected: str = ""

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


def place_of(insee: str, typed: str) -> Place | None:
    """The commune of that INSEE code, else the one that answers best to a typed name or postcode, if any does."""
    commune = db.session.get(Commune, insee) if insee else None
    if commune is None and typed:
        commune = next(iter([*communes_of_postcode(typed), *search_communes(typed, 1)]), None)
    if commune is None:
        return None
    postcode = next(iter(commune.postcodes.split()), "")
    return Place(commune.insee, commune.name, postcode, commune.latitude, commune.longitude)


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


def free_slots(edition: Edition, *columns: Any) -> Select[Any]:
    """The slots of an edition that some class could still book, joined to their activity, its company and its site."""
    now = clock.now()
    query = select(*columns).select_from(Slot).join(Slot.activity)
    return _of_edition(query, edition).where(_is_coming(now), _has_room(now))


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
    """One page of the programme: offers with room in the order of their next date, full ones, dates to agree.

    When words are looked for, what holds them in the best place comes first. The number of statements is constant: it
    does not depend on how much is found.
    """
    text = read_text(search.q, edition)
    kind_counts, free_counts = _counts(search, text, edition)
    total = kind_counts.get(search.kind, 0) if search.kind else sum(kind_counts.values())
    free_count = free_counts.get(search.kind, 0) if search.kind else sum(free_counts.values())
    page = min(search.page, max(1, ceil(total / PAGE_SIZE)))
    offers = _offers(search, text, edition, PAGE_SIZE, (page - 1) * PAGE_SIZE)
    return Results(offers, total, kind_counts, free_count, page, text.corrected if total else "")


def next_free_offers(edition: Edition, most: int) -> list[Offer]:
    """The activities with the next free places, one ticket each."""
    return _offers(Search(free=True), NO_TEXT, edition, most, 0)


@dataclass(frozen=True)
class FoundSlots:
    """The slots of a search, soonest first. total: how many there are, more than `slots` when they were too many."""

    slots: list[Slot]
    total: int


def programme_slots(search: Search, edition: Edition, most: int) -> FoundSlots:
    """Every slot that the pages of this search show, with its activity, company, site and levels: for downloads."""
    text = read_text(search.q, edition)
    query = _of_edition(select(Slot).select_from(Slot).join(Slot.activity), edition)
    query = _narrowed(query, search, text).where(*_slot_conditions(search))
    total = db.session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0
    to_activity = contains_eager(Slot.activity)
    options = (
        to_activity.contains_eager(Activity.company),
        to_activity.contains_eager(Activity.site).joinedload(Site.departement),
        to_activity.selectinload(Activity.levels),
    )
    found = query.options(*options).order_by(Slot.starts_at, Slot.uuid).limit(most)
    return FoundSlots(list(db.session.scalars(found)), total)


def last_change(edition: Edition) -> datetime | None:
    """When anything that the programme of an edition shows was last written, or left it because its time had come."""
    now = clock.now()
    begun = case((Slot.starts_at <= now, Slot.starts_at))
    closed = case((Slot.closes_at <= now, Slot.closes_at))
    query = (
        select(
            func.max(Activity.updated_at),
            func.max(Slot.updated_at),
            func.max(begun),
            func.max(closed),
            func.max(Company.trusted_at),
        )
        .select_from(Activity)
        .join(Activity.company)
        .outerjoin(Activity.slots)
        .where(Activity.edition_id == edition.id)
    )
    moments = [moment for moment in db.session.execute(query).one() if moment is not None]
    return max(moments, default=None)


def wider_searches(search: Search, edition: Edition) -> list[Wider]:
    """For a search that finds nothing: each criterion dropped in turn, where that finds something, the most first."""
    text, names = read_text(search.q, edition), search.criteria()

    def wider(*dropped: str) -> Wider:
        asked = search.without(*dropped)
        return Wider(dropped[0], asked, _count(asked, text if asked.q else NO_TEXT, edition))

    tries = [wider(name) for name in names]
    if not any(each.count for each in tries) and len(names) > 1:
        nothing_asked = search.without(*names)
        tries = [Wider("", nothing_asked, _count(nothing_asked, NO_TEXT, edition))]
    return sorted((each for each in tries if each.count), key=lambda each: -each.count)


def _count(search: Search, text: Text, edition: Edition) -> int:
    kind_counts, _free = _counts(search, text, edition)
    return kind_counts.get(search.kind, 0) if search.kind else sum(kind_counts.values())


def _counts(search: Search, text: Text, edition: Edition) -> tuple[dict[ActivityKind, int], dict[ActivityKind, int]]:
    """Activities found, by kind: all of them, and those with free places. The kind asked for is left out."""
    wide = search.without("kind")
    dated = _dated(wide)
    free = func.sum(case((dated.c.free_slots > 0, 1), else_=0))
    query = _found(select(Activity.kind, func.count(), free), wide, text, edition, dated).group_by(Activity.kind)
    rows = db.session.execute(query).all()
    return {kind: count for kind, count, _free in rows}, {kind: count for kind, _all, count in rows if count}


def _offers(search: Search, text: Text, edition: Edition, most: int, offset: int) -> list[Offer]:
    dated = _dated(search)
    best_first = [text.matched.c.score.desc()] if text.matched is not None else []
    query = (
        _found(select(Activity, dated.c.slots), search, text, edition, dated)
        .options(contains_eager(Activity.company), contains_eager(Activity.site), selectinload(Activity.levels))
        .order_by(*best_first, dated.c.next_at.is_(None), dated.c.free_slots == 0, dated.c.next_at, Activity.id)
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
    ranked = (
        _slots_that_suit(select(Slot.id, rank), search).where(Slot.activity_id.in_(activity_ids)).subquery("ranked")
    )
    query = select(Slot).join(ranked, ranked.c.id == Slot.id).where(ranked.c.rank == 1)
    return {slot.activity_id: slot for slot in db.session.scalars(query)}


def _dated(search: Search) -> Any:
    """By activity: how many slots suit the search, how many of them have room, and the date its ticket shows."""
    room = _has_room(clock.now())
    next_free = func.min(case((room, Slot.starts_at)))
    query = select(
        Slot.activity_id,
        func.count().label("slots"),
        func.sum(case((room, 1), else_=0)).label("free_slots"),
        func.coalesce(next_free, func.min(Slot.starts_at)).label("next_at"),
    )
    return _slots_that_suit(query, search).group_by(Slot.activity_id).subquery("dated")


def _slots_that_suit(query: Select[Any], search: Search) -> Select[Any]:
    query = query.select_from(Slot)
    if search.noon:
        # How long the way back takes depends on where the activity is.
        query = query.join(Slot.activity).join(Activity.site)
    return query.where(*_slot_conditions(search))


def _found(query: Select[Any], search: Search, text: Text, edition: Edition, dated: Any) -> Select[Any]:
    """The activities that suit the search, joined to their company, their site and their dates."""
    query = _of_edition(query.select_from(Activity), edition)
    query = query.outerjoin(dated, dated.c.activity_id == Activity.id)
    # Dates to agree have no date and no counted place: a search that asks for either leaves them out.
    has_date = dated.c.activity_id.is_not(None)
    query = query.where(has_date if search.wants_a_date else or_(has_date, _is_to_agree(search)))
    return _narrowed(query, search, text)


def _of_edition(query: Select[Any], edition: Edition) -> Select[Any]:
    """The public activities of an edition, joined to their company and their site."""
    query = query.join(Activity.company).join(Activity.site)
    return query.where(_is_public(), Activity.edition_id == edition.id)


def _narrowed(query: Select[Any], search: Search, text: Text) -> Select[Any]:
    """Only the activities that suit the search, their dates apart."""
    if search.kind:
        query = query.where(Activity.kind == search.kind)
    if search.sector:
        query = query.where(Activity.sector == search.sector)
    if search.level:
        levels = select(ActivityLevel.activity_id)
        suits = Activity.id.in_(levels.where(ActivityLevel.level_code == search.level))
        query = query.where(or_(suits, Activity.id.not_in(levels)))
    if search.comes:
        query = query.where(Activity.kind == ActivityKind.CLASSROOM_WORKSHOP)
    if search.labelled:
        query = query.where(Activity.label_state == LabelState.GRANTED, Activity.label_number != "")
    if search.is_near:
        query = query.where(_is_near(search))
    if text.matched is not None:
        query = query.join(text.matched, text.matched.c.activity_id == Activity.id)
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
    """Some class could still be booked: no round holds the places, and the company takes requests."""
    away = select(Activity.id).join(Activity.company).where(not_(takes_requests(now.date())))
    return and_(
        Slot.closes_at > now,
        Slot.taken_classes < Slot.max_classes,
        Slot.taken_pupils < Slot.max_pupils,
        Slot.round_until.is_(None),
        Slot.activity_id.not_in(away),
    )


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
    if search.weekdays:
        # Sunday is 0 for both databases, 7 for us.
        conditions.append(extract("dow", Slot.local_start).in_([day % 7 for day in search.weekdays]))
    if search.half == "am":
        conditions.append(_ends_by(MORNING_ENDS_BY))
    if search.half == "pm":
        conditions.append(_minute_of(Slot.local_start) >= _minutes(AFTERNOON_STARTS_AT))
    if search.noon:
        conditions.append(_is_back_by_noon(search))
    if search.free:
        conditions.append(_has_room(now))
    return conditions


def _is_near(search: Search) -> ColumnElement[bool]:
    """Within the radius, on a flat map around the point: exact to a few metres at these distances.

    A speaker who comes to the school is near when the school is within the distance they accept to travel.
    """
    reach = case(
        (Activity.kind == ActivityKind.CLASSROOM_WORKSHOP, func.coalesce(Activity.area_km, search.radius_km)),
        else_=search.radius_km,
    )
    return _squared_km(search) <= reach * reach


def _squared_km(search: Search) -> ColumnElement[float | None]:
    """The square of the distance to the site: not every SQLite knows how to take a root."""
    assert search.lat is not None
    assert search.lon is not None
    north = (Site.latitude - search.lat) * KM_PER_DEGREE
    east = (Site.longitude - search.lon) * (KM_PER_DEGREE * cos(radians(search.lat)))
    return north * north + east * east


# ---- Hours of the day, local to the place


def _minutes(hour: time) -> int:
    return hour.hour * 60 + hour.minute


def _minute_of(moment: Any) -> ColumnElement[int]:
    return extract("hour", moment) * 60 + extract("minute", moment)


def _ends_by(hour: time) -> ColumnElement[bool]:
    """Over by that hour of the day it begins on."""
    end = _minute_of(Slot.local_end)
    return and_(end <= _minutes(hour), _minute_of(Slot.local_start) < end)


def _is_back_by_noon(search: Search) -> ColumnElement[bool]:
    """Back at school in time for lunch: the way back from the site is counted where both its ends are known.

    Nobody travels when the company comes to the class.
    """
    here = and_(Activity.kind == ActivityKind.CLASSROOM_WORKSHOP, _ends_by(BACK_AT))
    away = Activity.kind != ActivityKind.CLASSROOM_WORKSHOP
    early = _ends_by(ENDS_BY_WITHOUT_PLACE)
    if not search.has_place:
        return or_(here, and_(away, early))
    left = _minutes(BACK_AT) - _minute_of(Slot.local_end)
    bands = coach_reach()
    km = [(left <= band.minutes, (left - band.from_minutes) * band.km_per_min + band.km) for band in bands[:-1]]
    last = bands[-1]
    reach = case(*km, else_=(left - last.from_minutes) * last.km_per_min + last.km)
    in_time = and_(left >= bands[0].from_minutes, _ends_by(BACK_AT), _squared_km(search) <= reach * reach)
    return or_(here, and_(away, case((Site.latitude.is_(None), early), else_=in_time)))


# ---- Words


@dataclass(frozen=True)
class Text:
    """The words of a search as the index reads them. matched: activity_id and score of what holds them all.

    matched is None when no words were asked for. corrected: see Results.
    """

    matched: Subquery | None = None
    corrected: str = ""


NO_TEXT = Text()


def read_text(q: str, edition: Edition) -> Text:
    """What to look for in the index: the words typed, or the nearest that exist for those that nothing holds.

    The one place that knows how text is searched. One statement, and two more when a word was mistyped.
    """
    wanted = wanted_words(q)
    if not wanted:
        return NO_TEXT
    words, corrected = _corrected(wanted, edition)
    hits = union_all(*(hit for n, word in enumerate(words) for hit in _hits(n, word))).subquery("hits")
    best = (
        select(hits.c.activity_id, hits.c.n, func.max(hits.c.score).label("score"))
        .group_by(hits.c.activity_id, hits.c.n)
        .subquery("best")
    )
    matched = (
        select(best.c.activity_id, func.sum(best.c.score).label("score"))
        .group_by(best.c.activity_id)
        .having(func.count() == len(words))
        .subquery("matched")
    )
    return Text(matched, corrected)


def _hits(n: int, word: Wanted) -> list[Select[Any]]:
    """Where the index holds the n-th word, or, for the last one, a word that begins like it."""
    columns = (ActivityTerm.activity_id, literal(n).label("n"))
    whole = select(*columns, (ActivityTerm.weight * WHOLE_WORD).label("score")).where(ActivityTerm.term == word.stem)
    if not word.is_last:
        return [whole]
    begins = select(*columns, (ActivityTerm.weight * BEGINNING).label("score")).where(_begins_like(word.folded))
    return [whole, begins]


def _begins_like(folded: str) -> ColumnElement[bool]:
    return and_(ActivityTerm.word >= folded, ActivityTerm.word < folded + AFTER_Z)


def _corrected(wanted: tuple[Wanted, ...], edition: Edition) -> tuple[list[Wanted], str]:
    """The words to look for, and how they read when they are not those typed."""
    held = db.session.execute(select(*(_is_held(word, edition) for word in wanted))).one()
    missing = [
        word for word, is_held in zip(wanted, held, strict=True) if not is_held and mistakes_allowed(word.folded)
    ]
    if not missing:
        return list(wanted), ""
    known = _known_words(missing, edition)
    meant = {word: found for word in missing if (found := nearest(word.folded, known))}
    words = [_replaced(word, meant[word]) if word in meant else word for word in wanted]
    return words, " ".join(word.shown for word in words) if len(meant) == len(wanted) - sum(held) else ""


def _replaced(word: Wanted, known: Known) -> Wanted:
    return Wanted(known.folded, known.shown, known.stem, is_last=word.is_last)


def _is_held(word: Wanted, edition: Edition) -> ColumnElement[bool]:
    query = select(ActivityTerm.activity_id).join(Activity, Activity.id == ActivityTerm.activity_id)
    holds = _of_edition(query, edition)
    whole = holds.where(ActivityTerm.term == word.stem).exists()
    # Two questions, not one with an « or »: each then has its index.
    return or_(whole, holds.where(_begins_like(word.folded)).exists()) if word.is_last else whole


def _known_words(near: list[Wanted], edition: Edition) -> list[Known]:
    """The words of the public programme that these may have been meant to be."""
    vocabulary = _vocabulary()
    candidates = {alike for word in near for alike in look_alikes(word.folded, vocabulary)}
    if not candidates:
        return []
    query = (
        select(ActivityTerm.word, func.max(ActivityTerm.shown), ActivityTerm.term, func.count())
        .join(Activity, Activity.id == ActivityTerm.activity_id)
        .where(ActivityTerm.word.in_(sorted(candidates)))
        .group_by(ActivityTerm.word, ActivityTerm.term)
    )
    return [Known(*row) for row in db.session.execute(_of_edition(query, edition)).tuples()]


def _vocabulary() -> list[str]:
    """Every word of the index, drafts' words too: what is not public is not suggested.

    From each word straight to the next one: the words are few, the places they stand in are many.
    """
    first = select(func.min(ActivityTerm.word).label("word")).cte("vocabulary", recursive=True)
    after = select(func.min(ActivityTerm.word)).where(ActivityTerm.word > first.c.word).scalar_subquery()
    words = first.union_all(select(after).where(first.c.word.is_not(None)))
    return list(db.session.scalars(select(words.c.word).where(words.c.word.is_not(None))))
