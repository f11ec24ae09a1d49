"""What the letters of a territory say: the week's figures, what waits, and what has just happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import joinedload

from booking.accounts.models import MemberRole, Membership, MemberState
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.rules.states import Event, State
from booking.catalogue.labelling import queries as labels
from booking.catalogue.labelling.queries import Dossier
from booking.catalogue.models import Activity, Edition, Slot, SlotState
from booking.catalogue.queries import current_edition
from booking.companies.models import Company, Site, Trust
from booking.core import clock
from booking.core.db import db
from booking.matching.models import NeedState
from booking.territory.models import Departement
from booking.territory.rules import PARIS
from booking.tracking import people, reports
from booking.tracking.digests.rules import ALERT, LETTER
from booking.tracking.figures import EVERYTHING, Board, board, bookings_in, pupils_of_booking, taken_bookings, total
from booking.tracking.needs import count_silent, unmet_needs
from booking.tracking.scope import Scope, scope_of


@dataclass(frozen=True)
class Week:
    """A territory as the letter of a Monday tells it. booked, visited: in the week that ended; coming: in the one that begins."""

    membership: Membership
    scope: Scope
    edition: Edition
    board: Board
    booked: int
    booked_pupils: int
    visited: int
    visited_pupils: int
    coming: int
    coming_pupils: int
    accounts: int
    labels: int
    labels_near: int
    labels_late: int
    labels_changed: int
    reports: int
    needs: int
    new_needs: int
    silent: int
    unrecorded: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """What makes the letter worth reading."""
        return (
            self.booked, self.visited, self.coming, self.accounts, self.labels, self.labels_changed, self.reports,
            self.new_needs, self.silent, self.unrecorded,
        )  # fmt: skip


def followed_by(person_id: int) -> list[Membership]:
    """The territories of an officer, now."""
    query = select(Membership).where(
        Membership.person_id == person_id,
        Membership.role == MemberRole.OFFICER,
        Membership.state == MemberState.ACTIVE,
    )
    return list(db.session.scalars(query.order_by(Membership.id)))


def timezone_of(scope: Scope) -> ZoneInfo:
    """Where the territory keeps its hours: Paris when it has several."""
    zones = db.session.scalars(scope.departement_rows(select(Departement.timezone).distinct())).all()
    return ZoneInfo(zones[0] if len(zones) == 1 else PARIS)


def week_of(membership: Membership, monday: date) -> Week | None:
    """The territory's week; None when there is no edition to count."""
    edition = current_edition()
    if edition is None:
        return None
    scope = scope_of(membership)
    queue = people.queue_scope(membership)
    now = clock.now()
    zone = timezone_of(scope)
    seen = board(scope, edition)
    waiting = labels.waiting(queue.departements)
    due = [step.due_at for each in waiting if (step := each.asked) and step.due_at]
    needs = unmet_needs(scope, edition, EVERYTHING)
    begun = _midnight(monday - timedelta(days=7), zone)
    ended = _midnight(monday, zone)
    booked, booked_pupils = _made_between(scope, edition, begun, ended)
    visited, visited_pupils = _visits(scope, edition, State.ATTENDED, monday - timedelta(days=7))
    coming, coming_pupils = _visits(scope, edition, State.CONFIRMED, monday)
    return Week(
        membership=membership,
        scope=scope,
        edition=edition,
        board=seen,
        booked=booked,
        booked_pupils=booked_pupils,
        visited=visited,
        visited_pupils=visited_pupils,
        coming=coming,
        coming_pupils=coming_pupils,
        accounts=people.count_waiting(queue),
        labels=len(waiting),
        labels_near=sum(now <= each < now + LETTER.near for each in due),
        labels_late=sum(each < now for each in due),
        labels_changed=len(labels.to_read_again(queue.departements)),
        reports=reports.count_open(queue),
        needs=len(needs),
        new_needs=sum(begun <= need.created_at < ended and need.state is NeedState.OPEN for need in needs),
        silent=count_silent(scope),
        unrecorded=seen.value("unrecorded") or 0,
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))


def _made_between(scope: Scope, edition: Edition, first: datetime, last: datetime) -> tuple[int, int]:
    """Bookings that were made then and hold a place now, and their pupils."""
    made = (Booking.created_at >= first) & (Booking.created_at < last)
    sums = total(case((made, 1), else_=0)), total(case((made, pupils_of_booking()), else_=0))
    bookings, pupils = db.session.execute(taken_bookings(scope, edition, EVERYTHING, *sums, reads=())).one()
    return int(bookings), int(pupils)


def _visits(scope: Scope, edition: Edition, state: State, monday: date) -> tuple[int, int]:
    """Bookings in this state whose slot is in that week, and the pupils counted there, or else announced."""
    pupils = case((Booking.level_code.is_(None), 0), else_=func.coalesce(Booking.present_pupils, Booking.pupils))
    query = bookings_in(scope, edition, EVERYTHING, {state}, func.count(), total(pupils), reads=(Slot,)).where(
        Slot.local_start >= datetime.combine(monday, time()),
        Slot.local_start < datetime.combine(monday + timedelta(days=7), time()),
    )
    visits, found = db.session.execute(query).one()
    return int(visits), int(found)


# ---- What has just happened


@dataclass(frozen=True)
class Happened:
    """key: of the alert, told once to each person. One of the three is there."""

    key: str
    label: Dossier | None = None
    slot: Slot | None = None
    company: Company | None = None
    classes: int = 0


def happened_in(membership: Membership) -> list[Happened]:
    """What an officer of the territory is to hear of without waiting for Monday."""
    scope, queue = scope_of(membership), people.queue_scope(membership)
    since = clock.now() - ALERT.recent
    waiting = [] if scope.is_group else labels.waiting_long(queue.departements)
    return [
        *(
            Happened(f"label/{each.activity.id}/{each.asked.round if each.asked else 0}", label=each)
            for each in waiting
        ),
        *_cancelled_slots(scope, since),
        *(
            Happened(f"company/{each.id}/{each.silent_since:%Y%m%d%H%M}", company=each)
            for each in _fallen_silent(scope, since)
        ),
    ]


def _cancelled_slots(scope: Scope, since: datetime) -> list[Happened]:
    """Slots that were cancelled with many classes on them: of this place, or with schools of it."""
    lost = (
        select(Booking.slot_id, func.count().label("classes"))
        .join(BookingEvent, BookingEvent.booking_id == Booking.id)
        .where(
            BookingEvent.event == Event.SLOT_CANCELLED,
            BookingEvent.happened_at >= since,
            BookingEvent.from_state.is_distinct_from(State.WAITING),
        )
        .group_by(Booking.slot_id)
        .having(func.count() >= ALERT.many_classes)
        .subquery()
    )
    seen = scope.seen(select(Slot.id).join(Booking, Booking.slot_id == Slot.id).join(lost, lost.c.slot_id == Slot.id))
    query = (
        select(Slot, lost.c.classes)
        .join(lost, lost.c.slot_id == Slot.id)
        .where(Slot.id.in_(seen), Slot.state == SlotState.CANCELLED)
        .options(joinedload(Slot.activity).joinedload(Activity.company))
        .order_by(Slot.id)
    )
    return [
        Happened(f"slot/{slot.id}/{slot.updated_at:%Y%m%d}", slot=slot, classes=classes)
        for slot, classes in db.session.execute(query)
    ]


def _fallen_silent(scope: Scope, since: datetime) -> list[Company]:
    here = scope.site_rows(select(Site.company_id))
    query = select(Company).where(Company.trust == Trust.TRUSTED, Company.silent_since >= since, Company.id.in_(here))
    return list(db.session.scalars(query.order_by(Company.name, Company.id)))
