"""What can be booked: editions, activities, their dated slots."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, ForeignKey, Index, String, Text, Uuid, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.companies.models import Company, Site
from booking.core.db import Model, StrEnumType


class Edition(Model):
    """A named campaign: its week, its wider window, the moment bookings open, its rules.

    Dates are data with their source: press material says 4-10 April 2011, the announcement 4-11 April.
    """

    __tablename__ = "edition"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="week_in_order"),
        CheckConstraint("window_starts_on <= starts_on AND window_ends_on >= ends_on", name="window_holds_week"),
        CheckConstraint("bookings_per_school IS NULL OR bookings_per_school > 0", name="cap_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    theme: Mapped[str] = mapped_column(String(200), default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    window_starts_on: Mapped[date]
    window_ends_on: Mapped[date]
    bookings_open_at: Mapped[datetime | None]
    is_permanent: Mapped[bool] = mapped_column(default=False, server_default=false())
    bookings_per_school: Mapped[int | None]
    allocation_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    dates_source: Mapped[str] = mapped_column(String(300), default="")
    # What its organisers ask of everybody, in their own words.
    rules: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    # Whether its activities may ask for the official label, and whether a grant awaits the opinion of both sides.
    labelling_enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    label_needs_both: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class EditionEvent(enum.StrEnum):
    CREATED = "created"
    CHANGED = "changed"


class EditionChange(Model):
    """Somebody set an edition up, or changed it; rows are only added. changes: by column, what it was and what it is.

    person: none when it came from a command.
    """

    __tablename__ = "edition_change"
    __table_args__ = (Index("ix_edition_change_edition", "edition_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    event: Mapped[EditionEvent] = mapped_column(StrEnumType(EditionEvent))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    person: Mapped[Any] = relationship("Person")


class ReturnInvitation(Model):
    """A firm of an earlier edition was invited, once, to take its activities up again in this one."""

    __tablename__ = "return_invitation"

    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]


class ActivityKind(enum.StrEnum):
    CLASSROOM_WORKSHOP = "classroom_workshop"
    SITE_VISIT = "site_visit"
    TEACHERS_VISIT = "teachers_visit"
    OPEN_DAY = "open_day"
    ROUND_TABLE = "round_table"
    FORUM = "forum"
    EXHIBITION = "exhibition"


class BookedBy(enum.StrEnum):
    """Who books a kind of activity (product, section 11)."""

    CLASS = "class"
    STAFF = "staff"
    NONE = "none"


BOOKED_BY: dict[ActivityKind, BookedBy] = {
    ActivityKind.CLASSROOM_WORKSHOP: BookedBy.CLASS,
    ActivityKind.SITE_VISIT: BookedBy.CLASS,
    ActivityKind.TEACHERS_VISIT: BookedBy.STAFF,
    ActivityKind.OPEN_DAY: BookedBy.CLASS,
    ActivityKind.ROUND_TABLE: BookedBy.CLASS,
    ActivityKind.FORUM: BookedBy.CLASS,
    ActivityKind.EXHIBITION: BookedBy.CLASS,
}


class ConfirmationMode(enum.StrEnum):
    INSTANT = "instant"
    APPROVAL = "approval"


class PublicationState(enum.StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    PUBLISHED = "published"
    UNPUBLISHED = "unpublished"
    # By an officer, after a report: its host mends it, an officer lets it be published again.
    HIDDEN = "hidden"


class LabelState(enum.StrEnum):
    NONE = "none"
    ASKED = "asked"
    RETURNED = "returned"
    GRANTED = "granted"


class ActivityLevel(Model):
    __tablename__ = "activity_level"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    level_code: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)


class Activity(Model):
    """What a company offers, described once; slots give its dates."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_listing", "edition_id", "state", "kind"),
        CheckConstraint("group_size_max IS NULL OR group_size_max > 0", name="group_size_positive"),
        CheckConstraint("adults_per_group >= 0 AND adults_per_group <= 10", name="adults_per_group_plausible"),
        CheckConstraint("answer_days BETWEEN 1 AND 30", name="answer_days_plausible"),
        CheckConstraint("option_days BETWEEN 1 AND 30", name="option_days_plausible"),
        CheckConstraint("cancellation_days BETWEEN 0 AND 60", name="cancellation_days_plausible"),
        CheckConstraint("area_km IS NULL OR area_km BETWEEN 1 AND 300", name="area_plausible"),
        CheckConstraint("minimum_age IS NULL OR minimum_age BETWEEN 3 AND 25", name="minimum_age_plausible"),
        CheckConstraint("yearly_cap IS NULL OR yearly_cap > 0", name="yearly_cap_positive"),
        # A label's number names one activity of its edition.
        Index(
            "uq_activity_label_number",
            "edition_id",
            "label_number",
            unique=True,
            sqlite_where=text("label_number <> ''"),
            postgresql_where=text("label_number <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[ActivityKind] = mapped_column(StrEnumType(ActivityKind))
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(String(300), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    sector: Mapped[str] = mapped_column(String(40), index=True)
    subjects: Mapped[list[str]] = mapped_column(JSON, default=list)
    languages: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["fr"])
    # Practical facts
    access: Mapped[str] = mapped_column(Text, default="")
    parking: Mapped[str] = mapped_column(Text, default="")
    access_motor: Mapped[bool | None]
    access_visual: Mapped[bool | None]
    access_hearing: Mapped[bool | None]
    access_mental: Mapped[bool | None]
    access_note: Mapped[str] = mapped_column(String(300), default="")
    group_size_max: Mapped[int | None]
    adults_per_group: Mapped[int] = mapped_column(default=1)
    equipment: Mapped[str] = mapped_column(Text, default="")
    clothing: Mapped[str] = mapped_column(Text, default="")
    minimum_age: Mapped[int | None]
    photo_rule: Mapped[str] = mapped_column(String(300), default="")
    identity_check: Mapped[bool] = mapped_column(default=False)
    identity_notice_days: Mapped[int | None]
    to_bring: Mapped[str] = mapped_column(Text, default="")
    area_km: Mapped[int | None]
    # How it is booked
    confirmation: Mapped[ConfirmationMode] = mapped_column(
        StrEnumType(ConfirmationMode), default=ConfirmationMode.APPROVAL
    )
    answer_days: Mapped[int] = mapped_column(default=5)
    # The firm answers once the head of school has: the head is then asked first, whatever the school usually asks for.
    waits_for_head: Mapped[bool] = mapped_column(default=False, server_default=false())
    option_days: Mapped[int] = mapped_column(default=5)
    cancellation_days: Mapped[int] = mapped_column(default=7)
    dates_to_agree: Mapped[bool] = mapped_column(default=False)
    yearly_cap: Mapped[int | None]
    # Life
    state: Mapped[PublicationState] = mapped_column(StrEnumType(PublicationState), default=PublicationState.DRAFT)
    label_state: Mapped[LabelState] = mapped_column(StrEnumType(LabelState), default=LabelState.NONE)
    label_number: Mapped[str] = mapped_column(String(60), default="")
    label_url: Mapped[str] = mapped_column(String(300), default="")
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    # The officer who described it for the company, which reads so; nobody when it did so itself.
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", name="fk_activity_entered_by"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    edition: Mapped[Edition] = relationship()
    company: Mapped[Company] = relationship()
    site: Mapped[Site] = relationship()
    contact: Mapped[Any] = relationship("Person", foreign_keys=[contact_id])
    entered_by: Mapped[Any] = relationship("Person", foreign_keys=[entered_by_id])
    levels: Mapped[list[ActivityLevel]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    slots: Mapped[list[Slot]] = relationship(back_populates="activity", order_by="Slot.starts_at")

    @property
    def level_codes(self) -> list[str]:
        return [level.level_code for level in self.levels]

    @property
    def is_never_published(self) -> bool:
        return self.state is PublicationState.DRAFT and self.published_at is None

    @property
    def booked_by(self) -> BookedBy:
        return BOOKED_BY[self.kind]

    @property
    def comes_to_class(self) -> bool:
        return self.kind is ActivityKind.CLASSROOM_WORKSHOP

    @property
    def way_in(self) -> str:
        """How to come: as the activity says, else as its site does."""
        return self.access or self._of_site("access")

    @property
    def where_to_park(self) -> str:
        return self.parking or self._of_site("parking")

    def _of_site(self, name: str) -> str:
        """A workshop is given at the school: the site's own doors do not matter."""
        return "" if self.comes_to_class else getattr(self.site, name)


# Compared letter by letter on both databases, whatever the language PostgreSQL was set up in: prefixes are ranges.
_Word = String(40).with_variant(String(40, collation="C"), "postgresql")


class ActivityTerm(Model):
    """A word an activity is found by. word: folded; term: its stem; shown: with its accents; see catalogue.search."""

    __tablename__ = "activity_term"
    __table_args__ = (
        Index("ix_activity_term_term", "term", "activity_id", "weight"),
        Index("ix_activity_term_word", "word", "activity_id", "weight"),
    )

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    word: Mapped[str] = mapped_column(_Word, primary_key=True)
    term: Mapped[str] = mapped_column(_Word)
    shown: Mapped[str] = mapped_column(String(40))
    weight: Mapped[int]


class SlotState(enum.StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class SlotAudience(enum.StrEnum):
    ALL = "all"
    RESERVED = "reserved"


class Slot(Model):
    """One dated occurrence, with its capacity in classes and pupils.

    The taken_* and waiting_* counters are a copy of what the bookings say, held for the lock and for a fast programme: they move
    only in `bookings.services.places`. adults_per_class is asked of each class, not a
    capacity. Wall-clock time is kept with its zone; the instants beside it are for comparing and sorting.
    """

    __tablename__ = "slot"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="time_in_order"),
        CheckConstraint("max_classes > 0 AND max_classes <= 50", name="max_classes_plausible"),
        CheckConstraint("max_pupils > 0 AND max_pupils <= 5000", name="max_pupils_plausible"),
        CheckConstraint("taken_classes >= 0 AND taken_classes <= max_classes", name="classes_within_capacity"),
        CheckConstraint("taken_pupils >= 0 AND taken_pupils <= max_pupils", name="pupils_within_capacity"),
        CheckConstraint("waiting_classes >= 0", name="waiting_positive"),
        CheckConstraint("adults_per_class >= 0 AND adults_per_class <= 40", name="adults_plausible"),
        CheckConstraint("min_pupils IS NULL OR min_pupils BETWEEN 1 AND max_pupils", name="min_pupils_plausible"),
        CheckConstraint("kept_classes >= 0 AND kept_classes <= max_classes", name="kept_plausible"),
        Index("ix_slot_listing", "state", "starts_at"),
        Index("ix_slot_activity", "activity_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True, default=uuid.uuid4)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    local_start: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    local_end: Mapped[datetime] = mapped_column(DateTime(timezone=False))
    timezone: Mapped[str] = mapped_column(String(40))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime]
    max_classes: Mapped[int]
    max_pupils: Mapped[int]
    adults_per_class: Mapped[int] = mapped_column(default=1)
    taken_classes: Mapped[int] = mapped_column(default=0)
    taken_pupils: Mapped[int] = mapped_column(default=0)
    waiting_classes: Mapped[int] = mapped_column(default=0, server_default="0")
    min_pupils: Mapped[int | None]
    decision_on: Mapped[date | None]
    # Of a slot below its minimum on that day: when its host was asked, and when it chose to keep it all the same.
    minimum_asked_at: Mapped[datetime | None]
    minimum_kept_at: Mapped[datetime | None]
    audience: Mapped[SlotAudience] = mapped_column(StrEnumType(SlotAudience), default=SlotAudience.ALL)
    kept_classes: Mapped[int] = mapped_column(default=0)
    kept_until: Mapped[date | None]
    # While a round shares its places out: when the wishes close. It cannot be booked otherwise until this is empty again.
    round_until: Mapped[datetime | None]
    state: Mapped[SlotState] = mapped_column(StrEnumType(SlotState), default=SlotState.OPEN)
    # A classroom workshop's slot belongs to the first school that takes it; another school's class is refused.
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    # Where the supply counts, frozen: a site that moves later does not rewrite history (product, section 11).
    departement_code: Mapped[str] = mapped_column(ForeignKey("departement.code"), index=True)
    academie_code: Mapped[str | None] = mapped_column(ForeignKey("academie.code"), index=True)
    cancelled_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    # The revision that calendars follow: one more each time the slot moves, never less (specs/invitations §2.1).
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")

    activity: Mapped[Activity] = relationship(back_populates="slots")

    @property
    def is_wanted(self) -> bool:
        """Whether classes count on it: they have booked, or they are in line."""
        return bool(self.taken_classes or self.waiting_classes)

    @property
    def free_classes(self) -> int:
        return self.max_classes - self.taken_classes

    @property
    def free_pupils(self) -> int:
        """Pupils that can still come: none once every class place is taken."""
        return self.max_pupils - self.taken_pupils if self.free_classes else 0


class SlotInvitation(Model):
    """A school's right to book a slot that is not for everybody. No school yet: the first that accepts the link.

    The link itself is an ActionLink whose object_key names this row; it shows the slot and nothing more.
    """

    __tablename__ = "slot_invitation"
    __table_args__ = (Index("ix_slot_invitation_school", "school_id", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    slot: Mapped[Slot] = relationship()
    school: Mapped[Any] = relationship("School")

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now
