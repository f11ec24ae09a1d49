"""Whatever happens to bookings, a strict calendar ends up as they stand, in whatever order its messages came."""

from __future__ import annotations

import email
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import event as sql_event
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings import services
from booking.bookings.models import Booking, BookingChange
from booking.bookings.rules.changes import ChangeState, Counts
from booking.bookings.rules.states import Actor, CancelReason, State
from booking.bookings.services.activities import rewrite_contact
from booking.bookings.services.changes import counts_of
from booking.calendars.downloads import download_response
from booking.calendars.models import CalendarObject, CalendarState, Side
from booking.catalogue.models import Activity, ConfirmationMode, Slot, SlotState
from booking.core import clock
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import speaking
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests import make
from tests.calendars.feed_reader import address_of
from tests.calendars.strict_client import StrictClient, entry_of

ACTIONS = (
    "book", "book_for_colleague", "option", "answer", "answer", "confirm_option", "move_slot", "move_slot", "reword",
    "new_contact", "hand_over", "change_count", "move_booking", "answer_change", "cancel", "cancel", "cancel_slot", "silence", "deliver", "deliver", "lose_one",
)  # fmt: skip
FIRST_DAY = datetime(2027, 1, 12, 9)


@dataclass
class Life:
    """Two firms' dates, one school's classes, and all the messages that left, in the order in which they did."""

    chance: Random
    monkeypatch: pytest.MonkeyPatch
    now: datetime = make.NOW
    sent: list[tuple[str, str, bytes]] = field(default_factory=list)

    def begin(self) -> None:
        self._let_pass(0)
        school = make.make_school()
        self.teachers = [make.make_teacher(school) for _ in range(3)]
        self.classes = [
            make.make_class(teacher, name=name) for teacher, name in zip(self.teachers, ("4e", "3e", "5e"), strict=True)
        ]
        self.slots: list[Slot] = []
        self.hosts: dict[int, list[Person]] = {}
        for mode in (ConfirmationMode.INSTANT, ConfirmationMode.APPROVAL):
            site = make.make_site()
            hosts = [make.make_host(site.company) for _ in range(2)]
            activity = make.make_activity(site=site, contact=hosts[0], confirmation=mode)
            self.hosts[activity.id] = hosts
            for day in range(2):
                start = FIRST_DAY + timedelta(days=7 * len(self.slots) + day)
                self.slots.append(make.make_slot(activity, local_start=start, max_classes=3, max_pupils=90))
        self.before = set(db.session.scalars(select(Booking.id)))

    def step(self, action: str) -> None:
        self._let_pass(self.chance.randint(1, 90))
        try:
            getattr(self, action)()
        except Refusal as refusal:
            note(f"{action}: {refusal.code}")
            db.session.rollback()
        else:
            note(action)

    def end(self) -> None:
        self._let_pass(5)
        self.deliver()

    def bookings(self, *states: State) -> list[Booking]:
        query = select(Booking).where(Booking.id.not_in(self.before)).order_by(Booking.id)
        return list(db.session.scalars(query.where(Booking.state.in_(states)) if states else query))

    # What people do

    def book(self, **values) -> None:
        school_class, slot = self.chance.choice(self.classes), self.chance.choice(self.slots)
        person = values.pop("person", None) or db.session.get_one(Person, school_class.owner_id)
        with transaction():
            services.request_places(slot.id, school_class.id, person, **values)

    def book_for_colleague(self) -> None:
        self.book(person=self.chance.choice(self.teachers))

    def option(self) -> None:
        self.book(as_option=True)

    def answer(self) -> None:
        for booking in self._one(State.REQUESTED):
            accept = self.chance.random() < 0.8
            with transaction():
                services.answer_request(booking.id, booking.slot.activity.contact, accept=accept,
                                        reason=None if accept else CancelReason.NO_GUIDE)  # fmt: skip

    def confirm_option(self) -> None:
        for booking in self._one(State.HELD):
            with transaction():
                services.confirm_option(booking.id, booking.teacher)

    def move_slot(self) -> None:
        slot = self.chance.choice(self.slots)
        start = slot.local_start + timedelta(days=self.chance.choice((-1, 0, 1)), hours=self.chance.choice((-1, 0, 2)))
        with transaction():
            services.move_slot(slot.id, slot.activity.contact, start, start + timedelta(hours=2))

    def reword(self) -> None:
        activity_id = self.chance.choice(self.slots).activity_id
        with transaction():
            activity = db.session.get_one(Activity, activity_id)
            before = {"title": activity.title}
            activity.title, activity.updated_at = f"Visite {self.chance.randint(1, 3)}", clock.now()
            db.session.flush()
            services.reword_activity(activity.id, activity.contact, before)

    def new_contact(self) -> None:
        activity = self.chance.choice(self.slots).activity
        with transaction():
            rewrite_contact([activity.id], activity.contact, self.chance.choice(self.hosts[activity.id]))

    def hand_over(self) -> None:
        for booking in self._one(*ALIVE_STATES):
            with transaction():
                services.hand_over(booking.id, self.chance.choice(self.teachers).id, booking.teacher)

    def change_count(self) -> None:
        for booking in self._one(*ALIVE_STATES):
            was = counts_of(booking)
            counts = Counts(was.pupils + self.chance.randint(-4, 3), was.adults + self.chance.randint(0, 1))
            actor = self.chance.choice((Actor.TEACHER, Actor.HOST))
            person = booking.teacher if actor is Actor.TEACHER else booking.slot.activity.contact
            with transaction():
                services.change_counts(booking.id, person, counts, actor=actor)

    def move_booking(self) -> None:
        for booking in self._one(*ALIVE_STATES):
            others = [slot for slot in self.slots if slot.activity_id == booking.slot.activity_id]
            with transaction():
                services.move_booking(booking.id, self.chance.choice(others).id, booking.teacher)

    def answer_change(self) -> None:
        """The host says yes or no to what was asked past the limit, if anything was."""
        waiting = select(BookingChange).where(BookingChange.state == ChangeState.PENDING).order_by(BookingChange.id)
        for change in db.session.scalars(waiting.limit(1)):
            with transaction():
                services.answer_change(
                    change.id, change.booking.slot.activity.contact, accept=self.chance.random() < 0.7
                )

    def cancel(self) -> None:
        for booking in self._one(*ALIVE_STATES):
            actor = self.chance.choice((Actor.TEACHER, Actor.HOST))
            person = booking.teacher if actor is Actor.TEACHER else booking.slot.activity.contact
            with transaction():
                services.cancel_booking(booking.id, person, actor, reason=CancelReason.ILLNESS)

    def cancel_slot(self) -> None:
        slot = self.chance.choice(self.slots)
        if self.chance.random() < 0.5:
            with transaction():
                services.cancel_slot(slot.id, slot.activity.contact, reason=CancelReason.PRODUCTION)

    def silence(self) -> None:
        """Nobody says anything for some days: options and requests lapse, moved dates are settled."""
        self.now += timedelta(days=self.chance.randint(1, 8))
        for booking_id in services.due_bookings():
            with transaction():
                services.expire_due(booking_id)
        for booking_id in services.due_reconfirmations():
            with transaction():
                services.settle_move(booking_id)

    def deliver(self) -> None:
        """All that is due leaves."""
        while self._leave():
            pass

    def lose_one(self) -> None:
        """Only the first message leaves; the others may still be superseded."""
        self._leave()

    def _leave(self) -> bool:
        parcel = outbox.claim()
        if parcel is None:
            return False
        outbox.settle_sent(parcel)
        mail = db.session.get_one(OutgoingMail, parcel.id)
        message = email.message_from_bytes(parcel.body, policy=SMTP)
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                method = part.get_param("method")
                self.sent.append((mail.recipient, method, part.get_payload(decode=True)))
        return True

    def _one(self, *states: State) -> list[Booking]:
        found = self.bookings(*states)
        return [self.chance.choice(found)] if found else []

    def _let_pass(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.monkeypatch.setattr(clock, "now", lambda: self.now)


ALIVE_STATES = (State.HELD, State.REQUESTED, State.CONFIRMED)


# ---- What must be true


def calendars_of(messages) -> dict[str, StrictClient]:
    """The calendar of each address, after these messages in this order."""
    clients: dict[str, StrictClient] = {}
    for address, method, body in messages:
        clients.setdefault(address, StrictClient(address)).receive(method, body)
    return clients


def expected(life: Life) -> dict[str, dict[str, tuple]]:
    """What should stand in each calendar: the firm bookings of each person, by the UID of their invitation."""
    found: dict[str, dict[str, tuple]] = defaultdict(dict)
    for booking in life.bookings(State.CONFIRMED):
        slot = booking.slot
        people = [(Side.CLASS, person) for person in {booking.teacher, booking.booked_by}]
        for side, person in [*people, (Side.COMPANY, slot.activity.contact)]:
            calendar = db.session.scalar(
                select(CalendarObject).where(
                    CalendarObject.booking_id == booking.id, CalendarObject.side == side,
                    CalendarObject.person_id == person.id, CalendarObject.state != CalendarState.CANCELLED,
                )
            )  # fmt: skip
            assert calendar is not None, "a firm booking without its invitation"
            found[person.email][calendar.uid] = (slot.starts_at, slot.ends_at, slot.timezone, booking.place)
    return dict(found)


def standing(clients: dict[str, StrictClient]) -> dict[str, dict[str, tuple]]:
    return {
        address: {
            uid: (entry.start.astimezone(UTC), entry.end.astimezone(UTC), entry.tzid, entry.location)
            for uid, entry in client.entries.items()
        }
        for address, client in clients.items()
        if client.entries
    }


def check_life(life: Life, web) -> None:
    in_order = calendars_of(life.sent)
    assert standing(in_order) == expected(life)
    for _ in range(3):
        messages = [*life.sent, *life.chance.choices(life.sent, k=len(life.sent) // 2)] if life.sent else []
        life.chance.shuffle(messages)
        shuffled = calendars_of(messages)
        assert {a: c.entries for a, c in shuffled.items()} == {a: c.entries for a, c in in_order.items()}
    check_revisions(life)
    check_feeds(life, in_order, web)
    check_downloads(life, in_order)


def check_revisions(life: Life) -> None:
    """Of each UID: SEQUENCE never falls, DTSTAMP always rises, nothing follows a CANCEL."""
    last: dict[str, tuple[int, datetime]] = {}
    over = set()
    for _address, method, body in life.sent:
        (event,) = Calendar.from_ical(body).walk("VEVENT")
        uid, sequence, stamp = str(event["UID"]), int(event["SEQUENCE"]), event["DTSTAMP"].dt
        assert uid not in over
        if uid in last:
            assert sequence >= last[uid][0]
            assert stamp > last[uid][1]
        else:
            assert (sequence, method) == (0, "REQUEST")
        last[uid] = (sequence, stamp)
        if method == "CANCEL":
            over.add(uid)


def check_feeds(life: Life, clients: dict[str, StrictClient], web) -> None:
    """Each person's feed shows as confirmed what stands in their calendar, word for word, and nothing else."""
    people = [(person, "teacher") for person in life.teachers]
    people += [(person, "company") for hosts in life.hosts.values() for person in hosts]
    for person, kind in people:
        path = address_of(person, kind)
        events = Calendar.from_ical(web.get(path).data).walk("VEVENT")
        shown = {str(e["UID"]): entry_of(e) for e in events if e["STATUS"] == "CONFIRMED"}
        bookings = {uid: entry for uid, entry in shown.items() if uid.startswith("reservation-")}
        entries = clients[person.email].entries if person.email in clients else {}
        if kind == "company":
            # Colleagues who are not the contact follow the same bookings without having been invited.
            assert entries.items() <= bookings.items()
        else:
            assert bookings == entries
        for event in events:
            revision = clients[person.email].revisions.get(str(event["UID"])) if person.email in clients else None
            # A change that this reader does not see sends nothing, and may make what the feed says younger.
            assert revision is None or is_as_sent(event, revision)


def check_downloads(life: Life, clients: dict[str, StrictClient]) -> None:
    for booking in life.bookings(State.CONFIRMED):
        with speaking("fr"):
            body = download_response(booking, Side.CLASS, booking.teacher).data
        (event,) = Calendar.from_ical(body).walk("VEVENT")
        client = clients[booking.teacher.email]
        assert client.entries[str(event["UID"])] == entry_of(event)
        assert is_as_sent(event, client.revisions[str(event["UID"])])


def is_as_sent(event, revision: tuple[int, datetime]) -> bool:
    sequence, stamp = revision
    return int(event["SEQUENCE"]) == sequence and event["DTSTAMP"].dt >= stamp


@contextmanager
def no_history_rewritten() -> Iterator[None]:
    """The lines of histories are only ever added."""
    seen: list[str] = []

    def hear(_connection, _cursor, statement, *_rest):
        if "booking_event" in statement and statement.lstrip().upper().startswith(("UPDATE", "DELETE")):
            seen.append(statement)

    sql_event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        sql_event.remove(db.engine, "before_cursor_execute", hear)
    assert seen == []


def live(app, monkeypatch, actions: list[str], chance: Random) -> None:
    web = app.test_client()
    with monkeypatch.context() as patch:
        life = Life(chance, patch)
        life.begin()
        with no_history_rewritten():
            for action in actions:
                life.step(action)
            life.end()
        check_life(life, web)
        assert [each for each in violations() if each.code.startswith(("history", "booking-history"))] == []
        for slot in life.slots:
            # The next example's firms publish theirs at the same hours.
            slot.state = SlotState.CLOSED
        db.session.commit()
    db.session.expunge_all()


LIVES = given(
    actions=st.lists(st.sampled_from(ACTIONS), min_size=4, max_size=16).map(lambda more: ["book", "option", *more]),
    chance=st.randoms(use_true_random=False),
)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@LIVES
@settings(max_examples=9, deadline=None, derandomize=True, suppress_health_check=QUIET, phases=[Phase.generate])
def test_a_strict_calendar_ends_as_the_bookings_stand_for_random_lives(app, monkeypatch, actions, chance):
    live(app, monkeypatch, actions, chance)


@pytest.mark.deep
@LIVES
@settings(max_examples=400, deadline=None, suppress_health_check=QUIET)
def test_a_strict_calendar_ends_as_the_bookings_stand_for_many_random_lives(app, monkeypatch, actions, chance):
    live(app, monkeypatch, actions, chance)


# ---- The client itself is strict


@pytest.fixture
def messages(app, monkeypatch) -> list[tuple[str, str, bytes]]:
    """The teacher's messages of a booking that was confirmed, moved and cancelled."""
    life = Life(Random(1), monkeypatch)
    life.begin()
    slot, teacher = life.slots[0], life.teachers[0]
    with transaction():
        booking = services.request_places(slot.id, life.classes[0].id, teacher)
    life.end()
    start = slot.local_start + timedelta(days=1)
    with transaction():
        services.move_slot(slot.id, slot.activity.contact, start, start + timedelta(hours=2))
    life.end()
    with transaction():
        services.cancel_booking(booking.id, teacher, Actor.TEACHER, reason=CancelReason.ILLNESS)
    life.end()
    return [message for message in life.sent if message[0] == teacher.email]


def test_an_older_request_that_comes_after_the_cancel_does_not_bring_the_event_back(messages):
    confirmed, moved, cancelled = messages

    (client,) = calendars_of([confirmed, cancelled, moved, confirmed, cancelled]).values()

    assert client.entries == {}
    assert len(client.revisions) == 1


def test_a_cancel_whose_sequence_was_not_raised_would_leave_the_event(messages):
    _confirmed, moved, (address, method, body) = messages
    stale = body.replace(b"SEQUENCE:2", b"SEQUENCE:0")

    (client,) = calendars_of([moved, (address, method, stale)]).values()

    assert len(client.entries) == 1


def test_a_message_for_somebody_else_is_refused(messages):
    _address, method, body = messages[0]

    with pytest.raises(AssertionError):
        StrictClient("autre@example.org").receive(method, body)
