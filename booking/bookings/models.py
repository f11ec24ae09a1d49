"""One class on one slot, and everything that happened to it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.accounts.models import Person
from booking.bookings.rules.changes import ChangeKind, ChangeState
from booking.bookings.rules.outing import Coach
from booking.bookings.rules.states import ALIVE, Actor, Answer, Event, LinkRule, Origin, State
from booking.catalogue.models import Edition, Slot
from booking.core.db import Model, StrEnumType
from booking.schools.models import School, SchoolClass

if TYPE_CHECKING:
    from booking.bookings.authorisation_models import Authorisation

_ALIVE_SQL = text("state IN ({})".format(", ".join(f"'{state}'" for state in sorted(ALIVE))))


class SchoolInEdition(Model):
    """A school in an edition: the row that is locked, and counted, when the edition caps bookings per school."""

    __tablename__ = "school_in_edition"
    __table_args__ = (
        UniqueConstraint("school_id", "edition_id"),
        CheckConstraint("taken_bookings >= 0", name="taken_bookings_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    taken_bookings: Mapped[int] = mapped_column(default=0)


class BookingGroup(Model):
    """Classes that share a coach or a day. both_or_neither: one that ends takes the others along."""

    __tablename__ = "booking_group"

    id: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[LinkRule] = mapped_column(StrEnumType(LinkRule))
    created_at: Mapped[datetime]


class Booking(Model):
    """One class on one slot. It keeps a snapshot: editing the saved class changes no booking.

    deadline_at: when the present state ends by itself, if it does. revision: rises with each change somebody is
    told about. The territory columns say where the school stood when it booked (product, section 11).
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index(
            "uq_booking_alive_class_slot", "class_id", "slot_id",
            unique=True, sqlite_where=_ALIVE_SQL, postgresql_where=_ALIVE_SQL,
        ),
        Index("ix_booking_slot_state", "slot_id", "state"),
        Index("ix_booking_school_state", "school_id", "state"),
        Index("ix_booking_deadline", "state", "deadline_at"),
        # All that the boards count, so that they read this alone: a third of the rows' weight.
        Index(
            "ix_booking_figures", "edition_id", "state", "class_id", "school_id", "departement_code", "slot_id",
            "level_code", "pupils", "adults", "girls", "present_pupils", "present_adults", "present_girls", "ended_by",
            "end_reason", "host_asked_at", "host_answered_at",
        ),
        # The bookings that were only declared afterwards: of most editions there are none.
        Index(
            "ix_booking_declared", "edition_id",
            sqlite_where=text("origin = 'declared'"), postgresql_where=text("origin = 'declared'"),
        ),
        UniqueConstraint("booked_by_id", "idempotency_key"),
        CheckConstraint("pupils > 0 AND pupils <= 200", name="pupils_plausible"),
        CheckConstraint("adults >= 0 AND adults <= 40", name="adults_plausible"),
        CheckConstraint("skip_count >= 0", name="skip_count_positive"),
        CheckConstraint("present_pupils >= 1 AND present_pupils <= 200", name="present_pupils_plausible"),
        CheckConstraint("present_adults >= 0 AND present_adults <= 40", name="present_adults_plausible"),
        CheckConstraint("present_girls >= 0 AND present_girls <= present_pupils", name="present_girls_plausible"),
        CheckConstraint("present_pupils IS NULL OR state = 'attended'", name="present_when_attended"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    class_id: Mapped[int] = mapped_column(ForeignKey("school_class.id"), index=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("booking_group.id"), index=True)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    booked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[State] = mapped_column(StrEnumType(State))
    origin: Mapped[Origin] = mapped_column(StrEnumType(Origin), default=Origin.DIRECT)
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    # Snapshot
    class_name: Mapped[str] = mapped_column(String(60))
    level_code: Mapped[str | None] = mapped_column(String(20))
    pupils: Mapped[int]
    adults: Mapped[int]
    assistants: Mapped[int] = mapped_column(default=0)
    has_special_needs: Mapped[bool] = mapped_column(default=False)
    girls: Mapped[int | None]
    place: Mapped[str] = mapped_column(String(400))
    place_latitude: Mapped[float | None]
    place_longitude: Mapped[float | None]
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    academie_code: Mapped[str | None] = mapped_column(ForeignKey("academie.code"), index=True)
    commune_insee: Mapped[str | None] = mapped_column(String(5))
    message: Mapped[str] = mapped_column(Text, default="")
    # Clocks and answers
    deadline_at: Mapped[datetime | None]
    host_answer: Mapped[Answer | None] = mapped_column(StrEnumType(Answer))
    host_answer_due_at: Mapped[datetime | None]
    # When the host was last asked, and when it last answered: its history as two dates, for those who count answers.
    host_asked_at: Mapped[datetime | None]
    host_answered_at: Mapped[datetime | None]
    head_answer: Mapped[Answer | None] = mapped_column(StrEnumType(Answer))
    head_answer_due_at: Mapped[datetime | None]
    cancellable_until: Mapped[datetime | None]
    reconfirm_by: Mapped[datetime | None]
    # The coach: nothing said yet when empty. coach_leaves: the hour the school leaves, as its clock says.
    coach: Mapped[Coach | None] = mapped_column(StrEnumType(Coach))
    coach_on: Mapped[date | None]
    coach_leaves: Mapped[time | None]
    skip_count: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0)
    # Its slot keeps places for priority schools, and this one is of such a school: one of them is used.
    is_priority: Mapped[bool] = mapped_column(default=False, server_default=false())
    # End
    ended_by: Mapped[Actor | None] = mapped_column(StrEnumType(Actor))
    end_reason: Mapped[str | None] = mapped_column(String(40))
    end_note: Mapped[str] = mapped_column(String(500), default="")
    present_pupils: Mapped[int | None]
    present_adults: Mapped[int | None]
    present_girls: Mapped[int | None]
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    slot: Mapped[Slot] = relationship()
    group: Mapped[BookingGroup | None] = relationship()
    edition: Mapped[Edition] = relationship()
    school_class: Mapped[SchoolClass] = relationship()
    school: Mapped[School] = relationship()
    teacher: Mapped[Person] = relationship(foreign_keys=[teacher_id])
    booked_by: Mapped[Person] = relationship(foreign_keys=[booked_by_id])
    authorisation: Mapped[Authorisation | None] = relationship(back_populates="booking")
    events: Mapped[list[BookingEvent]] = relationship(back_populates="booking", order_by="BookingEvent.id")
    visit_records: Mapped[list[VisitRecord]] = relationship(back_populates="booking", order_by="VisitRecord.id")

    @property
    def is_alive(self) -> bool:
        return self.state in ALIVE

    @property
    def arrival(self) -> BookingEvent | None:
        """The arrival of the class, if somebody noted it."""
        return next((event for event in self.events if event.event is Event.ARRIVE), None)

    @property
    def delay(self) -> BookingEvent | None:
        """The delay that was announced last, if any."""
        return next((event for event in reversed(self.events) if event.event is Event.RUN_LATE), None)

    @property
    def standing_record(self) -> VisitRecord | None:
        """What is held true of the day: the latest of the records that stand."""
        return next((record for record in reversed(self.visit_records) if record.stands), None)


class BookingEvent(Model):
    """One thing that happened to a booking: who, what, when, why. Rows are added, never changed."""

    __tablename__ = "booking_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    event: Mapped[Event] = mapped_column(StrEnumType(Event))
    from_state: Mapped[State | None] = mapped_column(StrEnumType(State))
    to_state: Mapped[State] = mapped_column(StrEnumType(State))
    actor: Mapped[Actor] = mapped_column(StrEnumType(Actor))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    happened_at: Mapped[datetime]

    booking: Mapped[Booking] = relationship(back_populates="events")


class VisitRecord(Model):
    """What one side wrote down of the day: came, with how many, did not come, excused. Rows are added, never changed.

    stands: it became the booking's. False: the other side had written something else first, and whoever typed this one
    had not seen it (docs/decisions/020). key: of the form that sent it, so that sending twice records once.
    is_late: written after the day. told_by: the side from which an officer has it, who writes it down for them.
    """

    __tablename__ = "visit_record"
    __table_args__ = (
        UniqueConstraint("booking_id", "key"),
        CheckConstraint("outcome IN ('attended', 'missed', 'excused')", name="outcome_of_a_day"),
        CheckConstraint(
            "(outcome = 'attended' AND pupils IS NOT NULL AND adults IS NOT NULL)"
            " OR (outcome <> 'attended' AND pupils IS NULL AND adults IS NULL AND girls IS NULL)",
            name="counts_when_attended",
        ),
        CheckConstraint("pupils >= 1 AND pupils <= 200", name="pupils_plausible"),
        CheckConstraint("adults >= 0 AND adults <= 40", name="adults_plausible"),
        CheckConstraint("girls >= 0 AND girls <= pupils", name="girls_plausible"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    key: Mapped[str] = mapped_column(String(80))
    actor: Mapped[Actor] = mapped_column(StrEnumType(Actor))
    told_by: Mapped[Actor | None] = mapped_column(StrEnumType(Actor))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[State] = mapped_column(StrEnumType(State))
    pupils: Mapped[int | None]
    adults: Mapped[int | None]
    girls: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    stands: Mapped[bool]
    is_late: Mapped[bool]
    recorded_at: Mapped[datetime]

    booking: Mapped[Booking] = relationship(back_populates="visit_records")
    person: Mapped[Person | None] = relationship()


class Feedback(Model):
    """What one side thinks of a visit that took place: asked once, reminded once, answered once.

    side: TEACHER or HOST. worked: codes of `rules.feedback.WORKED`. again: would come, or host, again. The four counts
    are hands raised at « could you see yourself working here? »: nobody's name, nobody's answer.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("booking_id", "side"),
        CheckConstraint("side IN ('teacher', 'host')", name="one_of_two_sides"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating_of_five"),
        CheckConstraint("(answered_at IS NULL) = (rating IS NULL)", name="rated_when_answered"),
        CheckConstraint(
            "before_girls BETWEEN 0 AND 200 AND before_boys BETWEEN 0 AND 200"
            " AND after_girls BETWEEN 0 AND 200 AND after_boys BETWEEN 0 AND 200",
            name="hands_plausible",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    side: Mapped[Actor] = mapped_column(StrEnumType(Actor))
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    rating: Mapped[int | None]
    worked: Mapped[list[str]] = mapped_column(JSON, default=list)
    prepared: Mapped[bool | None]
    again: Mapped[bool | None]
    comment: Mapped[str] = mapped_column(String(600), default="")
    before_girls: Mapped[int | None]
    before_boys: Mapped[int | None]
    after_girls: Mapped[int | None]
    after_boys: Mapped[int | None]

    booking: Mapped[Booking] = relationship()


class BookingChange(Model):
    """A change of a firm booking that its teacher asks for once the limit has passed; the host accepts or refuses.

    wanted: what would change (see `bookings.services.asked`). seen: the same as they were when it was asked. slot_id: of
    another date, the slot; its hour is in `wanted`, so that one that has moved since is known.
    """

    __tablename__ = "booking_change"
    __table_args__ = (
        Index(
            "uq_booking_change_pending", "booking_id",
            unique=True, sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_booking_change_due", "state", "due_at"),
        CheckConstraint("(kind = 'move') = (slot_id IS NOT NULL)", name="slot_of_a_move"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"), index=True)
    kind: Mapped[ChangeKind] = mapped_column(StrEnumType(ChangeKind))
    state: Mapped[ChangeState] = mapped_column(StrEnumType(ChangeState), default=ChangeState.PENDING)
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id"), index=True)
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seen: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reason: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]
    answer_note: Mapped[str] = mapped_column(String(500), default="")

    booking: Mapped[Booking] = relationship()
    slot: Mapped[Slot | None] = relationship()
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id])

    @property
    def is_pending(self) -> bool:
        return self.state is ChangeState.PENDING
