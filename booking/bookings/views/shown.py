"""What the pages of both sides say of a booking: its state, its next step, its history. Filters for their templates."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from flask import Blueprint, url_for
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.forms import class_words
from booking.bookings.models import Booking, BookingEvent
from booking.bookings.queries import clocks_of, is_public
from booking.bookings.rules.authorisations import signed_words
from booking.bookings.rules.changes import changed_words, is_only_about_girls
from booking.bookings.rules.outing import Coach, coach_words
from booking.bookings.rules.sentences import (
    EVENT_WORDS,
    behalf_words,
    end_words,
    entered_for_words,
    next_step,
    reason_words,
    recorder_words,
)
from booking.bookings.rules.states import STATE_WORDS, Actor, Event, Origin, State
from booking.bookings.suspension_queries import running_suspensions, suspension_of, suspension_sentence
from booking.catalogue.models import Activity
from booking.catalogue.rules.wording import kind_words, ref_of
from booking.core.db import db
from booking.schools.rules import level_label

bp = Blueprint("shown", __name__)
bp.add_app_template_global(class_words)

TONES = {
    State.CONFIRMED: "ok",
    State.ATTENDED: "ok",
    State.REQUESTED: "warn",
    State.HELD: "warn",
    State.OFFERED: "warn",
    State.WAITING: "blue",
    State.DECLINED: "stop",
    State.CANCELLED: "stop",
    State.MISSED: "stop",
}


@dataclass(frozen=True)
class HistoryLine:
    """One line of a booking's history: what, who, when, why."""

    what: str
    who: str
    when: datetime
    why: str
    note: str
    changed: list[str]


def history_of(booking: Booking, reader: Actor = Actor.TEACHER) -> list[HistoryLine]:
    """What happened to the booking, the oldest first. The girls' count is not for the host: nor is that it changed."""
    events = [each for each in booking.events if reader is not Actor.HOST or not is_only_about_girls(each.details)]
    names = _names_of(event.person_id for event in events)
    return [_line(event, names) for event in events]


def _line(event: BookingEvent, names: dict[int, str]) -> HistoryLine:
    return HistoryLine(
        what=str(EVENT_WORDS[event.event]),
        who=signed_words(event.details) or _who(event, names),
        when=event.happened_at,
        why=reason_words(event.reason) or _settled_words(event),
        note=event.note,
        changed=changed_words(event.details, is_staff=not event.booking.level_code),
    )


def _who(event: BookingEvent, names: dict[int, str]) -> str:
    if is_on_behalf(event):
        return behalf_words(names.get(event.person_id or 0, "…"), event.booking.teacher.known_as)
    told_by = event.details.get("told_by")
    return recorder_words(event.actor, Actor(told_by) if told_by else None, names.get(event.person_id or 0, ""))


def is_on_behalf(event: BookingEvent) -> bool:
    """An officer made the booking in its teacher's stead."""
    return event.from_state is None and event.actor is Actor.OFFICER and event.person_id is not None


@bp.app_template_filter("entered_for")
def _entered_for(booking: Booking) -> str:
    """For whom an officer made this booking, in a sentence; nothing when its teacher did."""
    made = booking.events[0] if booking.events else None
    if made is None or booking.origin is Origin.DECLARED or not is_on_behalf(made):
        return ""
    return entered_for_words(booking.teacher.known_as)


def _settled_words(event: BookingEvent) -> str:
    """What was settled about the coach, in words."""
    if event.event is not Event.COACH:
        return ""
    on, leaves = event.details.get("on"), event.details.get("leaves")
    return coach_words(
        Coach(event.details["coach"]),
        date.fromisoformat(on) if on else None,
        time.fromisoformat(leaves) if leaves else None,
    )


def _names_of(person_ids: Iterable[int | None]) -> dict[int, str]:
    people = db.session.scalars(select(Person).where(Person.id.in_({id_ for id_ in person_ids if id_})))
    return {person.id: person.known_as for person in people}


@bp.app_template_filter("state_words")
def _state_words(state: State) -> str:
    return str(STATE_WORDS[state])


@bp.app_template_filter("state_tone")
def _state_tone(state: State) -> str:
    return TONES.get(state, "plain")


@bp.app_template_filter("next_step")
def _next_step(booking: Booking, reader: str = "teacher") -> str:
    return next_step(clocks_of(booking), Actor(reader))


@bp.app_template_filter("step_class")
def _step_class(booking: Booking) -> str:
    """A firm booking that nobody has to act on is good news, not a deadline."""
    clocks = clocks_of(booking)
    is_asked_again = bool(clocks.reconfirm_by and clocks.reconfirm_by > clocks.now)
    return "note ok" if booking.state is State.CONFIRMED and not is_asked_again else "clock small"


@bp.app_template_filter("end_words")
def _end_words(booking: Booking) -> str:
    was = booking.events[-1].from_state if booking.origin is Origin.WAITING and booking.events else None
    return end_words(booking.state, booking.ended_by, booking.end_reason, was)


@bp.app_template_filter("history")
def _history(booking: Booking, reader: str = "teacher") -> list[HistoryLine]:
    return history_of(booking, Actor(reader))


@bp.app_template_filter("reason_words")
def _reason_words(reason: str | None) -> str:
    return reason_words(reason)


@bp.app_template_filter("booked_kind")
def _booked_kind(activity: Activity) -> str:
    return kind_words(activity.kind)


@bp.app_template_filter("activity_ref")
def _activity_ref(activity: Activity) -> str:
    return ref_of(activity)


@bp.app_template_filter("level_words")
def _level_words(code: str | None) -> str:
    return level_label(code) if code else ""


@bp.app_template_filter("suspension_words")
def _suspension_words(booking: Booking) -> str:
    """What keeps this outing from taking place as it stands; nothing when nothing does."""
    found = suspension_of(booking)
    return suspension_sentence(found) if found else ""


@bp.app_template_global("suspensions")
def _suspensions(codes: Collection[str] | None = None) -> list[str]:
    """The suspensions of outings that run in these départements, in the whole country when none is given."""
    return [suspension_sentence(each) for each in running_suspensions(codes)]


@bp.app_template_global()
def page_of(activity: Activity) -> str:
    """The address of the activity's public page; empty while it is not in the programme, where a link would be dead."""
    return url_for("programme.activity", ref=ref_of(activity)) if is_public(activity) else ""
