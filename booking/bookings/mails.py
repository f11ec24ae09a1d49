"""Who hears what of a booking: one message per person, queued with the change itself, written when it leaves.

`tell` reads the table of states and takes a snapshot of all the message must say; the composer below turns the snapshot
into words and, when the table says so, into a calendar part (specs/invitations §1).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from booking.accounts.models import Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import (
    REASON_WORDS,
    Actor,
    Audience,
    Calendar,
    CancelReason,
    Event,
    State,
    Transition,
)
from booking.calendars import ics, services
from booking.calendars.ics import Method
from booking.calendars.invitations import (
    contact_words,
    event_facts,
    group_words,
    practical_facts,
)
from booking.calendars.models import CalendarObject, Side
from booking.core import clock
from booking.core.dates import format_day, format_moment, format_span, zone_note
from booking.core.db import db
from booking.core.i18n import _, speaking
from booking.mail import outbox
from booking.mail.composers import Content, NothingToSay, composer
from booking.mail.identity import absolute_url
from booking.mail.models import MailState, OutgoingMail
from booking.mail.rules import many_lines, one_line

SIDES = {Audience.TEACHER: Side.CLASS, Audience.COMPANY: Side.COMPANY}

# What each side may know of the other (specs/invitations §3.4), and is told of again when it changes.
_BOTH_SEE = ("title", "local_start", "local_end", "timezone", "place", "class_name", "pupils", "adults")
_VISIBLE = {
    Side.CLASS: (
        *_BOTH_SEE,
        "company",
        "contact",
        "contact_phone",
        "access",
        "parking",
        "equipment",
        "clothing",
        "to_bring",
    ),
    Side.COMPANY: (*_BOTH_SEE, "school", "teacher", "special_needs"),
}


# Telling


@dataclass(frozen=True)
class Change:
    """What happened, as the message will tell it. event: one of the table's, or REPLACED."""

    event: str
    actor: Actor
    before: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    note: str = ""


# Somebody else follows the booking from now on: their calendar gets it, this one loses it.
REPLACED = "replaced"
_ENDING = frozenset({Event.CANCEL, Event.SLOT_CANCELLED, Event.HEAD_REFUSE})


def tell(
    booking: Booking,
    transition: Transition,
    *,
    event: Event,
    actor: Actor,
    before: Mapping[str, Any] | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Queue the messages of a transition, in the transaction that makes it; call it after the flush.

    before: the old facts of what changed (local_start, local_end, timezone, place, title, pupils, adults).
    reason: a CancelReason. note: what the person who acted wrote. Nothing is said of an event that is over, except
    that it was cancelled after the fact.
    """
    change = Change(event, actor, _plain(before or {}), reason, many_lines(note or "")[:500])
    audiences = {mail.to: mail.kind for mail in transition.mails}
    if booking.slot.ends_at <= clock.now():
        if event in _ENDING:
            for audience in audiences:
                for person in _people(booking, audience):
                    _queue_plain(booking, "organizer-notice", SIDES[audience], person, change)
        return
    for audience, kind in audiences.items():
        people = _people(booking, audience)
        if transition.calendar is Calendar.REQUEST:
            _invite(booking, kind, SIDES[audience], people, change)
        elif transition.calendar is Calendar.CANCEL:
            _uninvite(booking, SIDES[audience], people, change)
        else:
            for person in people:
                _queue_plain(booking, kind, SIDES[audience], person, change)


def _people(booking: Booking, audience: Audience) -> list[Person]:
    """One person or two: a booking made for a colleague is told to both."""
    if audience is Audience.COMPANY:
        return [booking.slot.activity.contact]
    people = {person.id: person for person in (booking.teacher, booking.booked_by)}
    return list(people.values())


def _invite(booking: Booking, kind: str, side: Side, people: Iterable[Person], change: Change) -> None:
    invited = {person.id: person for person in people}
    known: set[int] = set()
    for calendar in services.live_objects(booking, side):
        person = invited.get(calendar.person_id)
        # Another contact, or the same one at another address: a new object there, the old one is taken back.
        if person is None or person.email.lower() != calendar.attendee_address.lower():
            replaced = Change(REPLACED, change.actor)
            _queue_calendar(booking, "booking-cancelled", calendar, Method.CANCEL, replaced)
            services.close(calendar)
        else:
            known.add(calendar.person_id)
    for person in invited.values():
        calendar = services.object_for(booking, side, person)
        is_news = kind == "booking-confirmed" and person.id in known
        _queue_calendar(booking, "booking-updated" if is_news else kind, calendar, Method.REQUEST, change)


def _uninvite(booking: Booking, side: Side, people: Iterable[Person], change: Change) -> None:
    calendars = services.live_objects(booking, side)
    for calendar in calendars:
        _queue_calendar(booking, "booking-cancelled", calendar, Method.CANCEL, change)
        services.close(calendar)
    for person in people:
        if person.id not in {calendar.person_id for calendar in calendars}:
            # Never a CANCEL to somebody who got no REQUEST: the news alone.
            _queue_plain(booking, "organizer-notice", side, person, change)


def _queue_calendar(booking: Booking, kind: str, calendar: CalendarObject, method: Method, change: Change) -> None:
    person = db.session.get_one(Person, calendar.person_id)
    slot = booking.slot
    outbox.queue(
        kind,
        calendar.attendee_address,
        name=person.name,
        language=person.language,
        payload=_payload(booking, calendar.side, change, calendar=calendar, method=method),
        dedupe_key=f"{kind}/{calendar.id}/{booking.revision}",
        object_key=str(calendar.id),
        supersedes=True,
        booking_id=booking.id,
        person_id=person.id,
        expires_at=slot.starts_at if method is Method.REQUEST else slot.ends_at,
    )


def _queue_plain(booking: Booking, kind: str, side: Side, person: Person, change: Change) -> None:
    thread = f"booking/{booking.id}/{side}/{person.id}"
    is_after = booking.slot.ends_at <= clock.now()
    outbox.queue(
        kind,
        person.email,
        name=person.name,
        language=person.language,
        payload=_payload(booking, side, change),
        dedupe_key=f"{kind}/{thread}/{booking.revision}",
        object_key=thread,
        booking_id=booking.id,
        person_id=person.id,
        expires_at=None if is_after else _pointless_after(booking, kind),
    )


def _pointless_after(booking: Booking, kind: str) -> datetime:
    asks = kind in ("booking-requested", "hold-placed", "waitlist-offered")
    return booking.deadline_at if asks and booking.deadline_at else booking.slot.ends_at


def _payload(
    booking: Booking,
    side: Side,
    change: Change,
    *,
    calendar: CalendarObject | None = None,
    method: Method | None = None,
) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "side": side,
        "event": change.event,
        "actor": change.actor,
        "reason": change.reason,
        "note": change.note,
        "before": change.before,
        "state": booking.state,
        "facts": facts_of(booking),
        "clocks": _clocks_of(booking),
        "object": str(calendar.id) if calendar else None,
        "method": method,
    }


def facts_of(booking: Booking) -> dict[str, Any]:
    """Everything a message or a calendar may say of a booking now, as plain JSON, each text fit for its place."""
    slot, school = booking.slot, booking.school
    activity = slot.activity
    words = {
        "title": activity.title,
        "place": booking.place,
        "class_name": booking.class_name,
        "school": ", ".join(part for part in (school.name, school.commune_name) if part),
        "teacher": booking.teacher.name,
        "company": activity.company.name,
        "contact": activity.contact.name,
        "contact_phone": activity.contact.phone,
    }
    texts = {name: getattr(activity, name) for name in ("access", "parking", "equipment", "clothing", "to_bring")}
    return {
        **{name: one_line(text) for name, text in words.items()},
        **{name: many_lines(text) for name, text in texts.items()},
        "local_start": slot.local_start.isoformat(),
        "local_end": slot.local_end.isoformat(),
        "starts_at": slot.starts_at.isoformat(),
        "ends_at": slot.ends_at.isoformat(),
        "timezone": slot.timezone,
        "latitude": booking.place_latitude,
        "longitude": booking.place_longitude,
        "pupils": booking.pupils,
        "adults": booking.adults,
        "special_needs": booking.has_special_needs,
        "company_id": activity.company_id,
    }


def _clocks_of(booking: Booking) -> dict[str, str]:
    dues = {
        "deadline": booking.deadline_at,
        "host": booking.host_answer_due_at if booking.host_answer == "pending" else None,
        "head": booking.head_answer_due_at if booking.head_answer == "pending" else None,
        "reconfirm": booking.reconfirm_by,
        "cancel": booking.cancellable_until,
    }
    return {name: moment.isoformat() for name, moment in dues.items() if moment}


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in facts.items()}


# Composing


KINDS = (
    "booking-requested", "booking-confirmed", "booking-updated", "booking-cancelled", "booking-declined",
    "request-expired", "request-withdrawn", "organizer-notice", "hold-placed", "hold-expired", "waitlist-joined",
    "waitlist-offered", "waitlist-closed",
)  # fmt: skip


def _note_left(mail: OutgoingMail) -> None:
    letter = mail.payload
    if letter["object"] and mail.sequence is not None:
        services.note_left(
            uuid.UUID(letter["object"]), Method(letter["method"]), mail.sequence, mail.message_id, letter["facts"]
        )


@composer(*KINDS, left=_note_left)
def compose_booking_mail(mail: OutgoingMail) -> Content:
    """The message of a snapshot, in its reader's language. Raises NothingToSay when the reader knows it all already."""
    letter = mail.payload
    with speaking(mail.language):
        if not letter["object"]:
            return _content(mail, mail.kind, letter["facts"], letter["before"])
        return _calendar_content(mail)


def _calendar_content(mail: OutgoingMail) -> Content:
    letter = mail.payload
    method = Method(letter["method"])
    revision = services.begin_revision(uuid.UUID(letter["object"]), method, letter["facts"])
    if revision is None:
        raise NothingToSay("the invitation never left: there is nothing to take back")
    calendar, side = revision.object, Side(letter["side"])
    kind, before = mail.kind, letter["before"]
    if kind == "booking-updated" and revision.is_first and _took_the_place_of_a_confirmation(mail):
        kind = "booking-confirmed"
    elif kind == "booking-updated" and calendar.sent_facts:
        # Against what this reader was last told, not against a step in between that never left.
        before = calendar.sent_facts
        if _seen(before, side) == _seen(letter["facts"], side):
            raise NothingToSay("nothing that this reader sees has changed since the last message")
    event = event_facts(
        revision.facts,
        calendar,
        sequence=revision.sequence,
        dtstamp=revision.dtstamp,
        page_url=booking_page_url(letter["booking_id"], side, revision.facts["company_id"], mail.language),
        attendee_name=mail.recipient_name,
        cancelled=method is Method.CANCEL,
        reason=" ".join(_end_sentences(letter)) if method is Method.CANCEL else "",
    )
    body = ics.cancel(event) if method is Method.CANCEL else ics.request(event)
    return _content(mail, kind, revision.facts, before, method=method, calendar=body, sequence=revision.sequence)


def _took_the_place_of_a_confirmation(mail: OutgoingMail) -> bool:
    query = select(OutgoingMail.id).where(
        OutgoingMail.object_key == mail.object_key,
        OutgoingMail.kind == "booking-confirmed",
        OutgoingMail.state == MailState.SUPERSEDED,
    )
    return db.session.scalars(query).first() is not None


def _seen(facts: Mapping[str, Any], side: Side) -> list[Any]:
    return [facts.get(name) for name in _VISIBLE[side]]


def _content(mail: OutgoingMail, kind: str, facts: dict[str, Any], before: dict[str, Any], **calendar: Any) -> Content:
    letter = mail.payload
    side = Side(letter["side"])
    context = {
        **facts,
        "kind": kind,
        "side": side,
        "for_class": side is Side.CLASS,
        "event": letter["event"],
        "actor": letter["actor"],
        "state": letter["state"],
        "hello": _("Bonjour %(name)s,", name=mail.recipient_name) if mail.recipient_name else _("Bonjour,"),
        "when": _span(facts),
        "day": format_day(datetime.fromisoformat(facts["local_start"])),
        "rows": _rows(facts, side, kind),
        "changes": _changes(before, facts, side) if kind in ("booking-updated", "organizer-notice") else [],
        "ended": _end_sentences(letter),
        "clocks": _clock_sentences(kind, side, letter),
        "actions": _actions(letter["booking_id"], kind, side, facts["company_id"], mail.language, letter["state"]),
        "site_url": absolute_url("/", mail.language),
        "has_calendar": "calendar" in calendar,
    }
    env = current_app.jinja_env
    subject, text, html = (
        env.get_template(f"mail/bookings/{kind}.{suffix}").render(context) for suffix in ("subject.txt", "txt", "html")
    )
    return Content(subject=subject.strip(), text=text, html=html, kind=kind, **calendar)


def booking_page_url(booking_id: int, side: Side, company_id: int, language: str) -> str:
    """The page of the booking for that side; it needs a sign-in and carries no secret."""
    return absolute_url(_page_path(booking_id, side, company_id), language)


def _page_path(booking_id: int, side: Side, company_id: int) -> str:
    if side is Side.CLASS:
        return f"/teacher/bookings/{booking_id}"
    return f"/company/{company_id}/bookings/{booking_id}"


def _span(facts: Mapping[str, Any]) -> str:
    start, end = (datetime.fromisoformat(facts[name]) for name in ("local_start", "local_end"))
    return format_span(start, end, facts["timezone"])


def _rows(facts: Mapping[str, Any], side: Side, kind: str) -> list[tuple[str, str]]:
    """The facts block: what, when, where, for whom, who to contact."""
    rows = [
        (_("Activité"), facts["title"]),
        (_("Quand"), _span(facts)),
        (_("Où"), facts["place"]),
        (_("Pour"), _("%(class_name)s, %(group)s", class_name=facts["class_name"], group=group_words(facts))),
    ]
    is_alive = kind in ("booking-requested", "booking-confirmed", "booking-updated")
    if side is Side.CLASS:
        rows.append((_("Entreprise"), facts["company"]))
        rows.append((_("Contact"), contact_words(facts)))
        rows += practical_facts(facts) if kind in ("booking-confirmed", "booking-updated") else []
        return rows
    rows += [(_("Établissement"), facts["school"]), (_("Enseignant"), facts["teacher"])]
    if facts["special_needs"] and is_alive:
        rows.append((_("Besoins particuliers"), _("voir la plateforme")))
    return rows


def _changes(before: Mapping[str, Any], facts: Mapping[str, Any], side: Side) -> list[tuple[str, str, str]]:
    """What changed for this reader, as (what, old, new)."""
    old = {**facts, **before}
    pairs = [
        (_("Quand"), ("local_start", "local_end", "timezone"), _span),
        (_("Où"), ("place",), lambda f: f["place"]),
        (_("Activité"), ("title",), lambda f: f["title"]),
        (_("Classe"), ("class_name",), lambda f: f["class_name"]),
        (_("Groupe"), ("pupils", "adults"), group_words),
    ]
    if side is Side.CLASS:
        pairs.append((_("Contact"), ("contact", "contact_phone"), contact_words))
        labels = {label for label, _text in (*practical_facts(old), *practical_facts(facts))}
        pairs += [(label, (), _practical(label)) for label in sorted(labels)]
    else:
        pairs.append((_("Enseignant"), ("teacher",), lambda f: f["teacher"]))
    values = ((what, words(old), words(facts)) for what, _names, words in pairs)
    return [(what, was or "–", now or "–") for what, was, now in values if was != now]


def _practical(label: str) -> Any:
    return lambda facts: dict(practical_facts(facts)).get(label, "")


def _end_sentences(letter: Mapping[str, Any]) -> list[str]:
    """Who ended it, then the reason and the message given; nothing when nothing ended."""
    who = _who_ended(letter)
    if who is None:
        return []
    sentences = [who]
    if letter["reason"] in set(CancelReason):
        sentences.append(_("Raison : %(reason)s.", reason=REASON_WORDS[CancelReason(letter["reason"])]))
    if letter["note"]:
        sentences.append(_("Message : %(note)s", note=letter["note"]))
    return sentences


def _who_ended(letter: Mapping[str, Any]) -> str | None:
    event, actor, facts = letter["event"], letter["actor"], letter["facts"]
    company, teacher = facts["company"], facts["teacher"]
    if event == REPLACED:
        return _("Une autre personne suit désormais cette réservation : elle est retirée de votre agenda.")
    if event == Event.LAPSE:
        return _("Le délai est passé sans réponse.")
    if event == Event.HEAD_REFUSE:
        return _("Le chef d’établissement n’a pas donné son autorisation.")
    if event == Event.HOST_DECLINE:
        return _("L’entreprise %(company)s ne peut pas accueillir la classe.", company=company)
    if event == Event.SLOT_CANCELLED and actor == Actor.HOST:
        return _("L’entreprise %(company)s a annulé ce créneau.", company=company)
    if event == Event.SLOT_CANCELLED:
        return _("Les organisateurs ont annulé ce créneau.")
    if event != Event.CANCEL:
        return None
    return {
        Actor.TEACHER: _("Annulation par l’équipe enseignante (%(teacher)s).", teacher=teacher),
        Actor.HOST: _("Annulation par l’entreprise %(company)s.", company=company),
        Actor.HEAD: _("Annulation par le chef d’établissement."),
        Actor.OFFICER: _("Annulation par les organisateurs."),
        Actor.SERVICE: _("Annulation automatique par le service."),
    }[Actor(actor)]


def _clock_sentences(kind: str, side: Side, letter: Mapping[str, Any]) -> list[str]:
    """Who must act, until when, and what happens otherwise (product, section 3, rule 5)."""
    clocks, facts = letter["clocks"], letter["facts"]
    until = {name: _moment(moment, facts["timezone"]) for name, moment in clocks.items()}
    company = facts["company"]
    sentences = []
    if kind == "booking-requested" and side is Side.CLASS:
        if "host" in until:
            sentences.append(
                _(
                    "L’entreprise %(company)s répond avant le %(moment)s. Sans réponse, la demande expire et les places sont rendues.",
                    company=company,
                    moment=until["host"],
                )
            )
        if "head" in until:
            sentences.append(
                _(
                    "Votre chef d’établissement donne son autorisation avant le %(moment)s. Sans réponse, la demande expire.",
                    moment=until["head"],
                )
            )
    elif kind == "booking-requested" and "host" in until:
        sentences.append(
            _(
                "Répondez avant le %(moment)s. Sans réponse de votre part, la demande expire et les places sont rendues.",
                moment=until["host"],
            )
        )
    elif kind == "booking-requested":
        sentences.append(_("Vous n’avez rien à faire : l’établissement doit encore autoriser la venue de la classe."))
    elif kind == "booking-updated" and letter["event"] == Event.SLOT_MOVED and "reconfirm" in until:
        if side is Side.CLASS:
            sentences.append(
                _(
                    "Si la nouvelle date ne convient pas, annulez avant le %(moment)s. Sans réponse de votre part, la réservation est maintenue.",
                    moment=until["reconfirm"],
                )
            )
        else:
            sentences.append(
                _(
                    "La classe peut annuler jusqu’au %(moment)s. Sans réponse de sa part, la réservation est maintenue.",
                    moment=until["reconfirm"],
                )
            )
    elif kind == "booking-confirmed" and side is Side.CLASS and "cancel" in until:
        sentences.append(
            _(
                "Un empêchement ? Vous pouvez annuler en ligne jusqu’au %(moment)s ; ensuite, appelez le contact de l’entreprise.",
                moment=until["cancel"],
            )
        )
    elif kind == "hold-placed" and "deadline" in until:
        sentences.append(
            _(
                "Confirmez l’option avant le %(moment)s. Sans réponse de votre part, elle tombe et les places sont rendues.",
                moment=until["deadline"],
            )
        )
    elif kind == "waitlist-offered" and "deadline" in until:
        sentences.append(
            _(
                "Acceptez la place avant le %(moment)s. Sans réponse de votre part, elle est proposée à la classe suivante.",
                moment=until["deadline"],
            )
        )
    return sentences


def _moment(moment: str, timezone: str) -> str:
    return f"{format_moment(datetime.fromisoformat(moment), timezone)} {zone_note(timezone)}".strip()


def _actions(
    booking_id: int, kind: str, side: Side, company_id: int, language: str, state: str
) -> list[tuple[str, str]]:
    """The links of the message, the main one first."""
    path = _page_path(booking_id, side, company_id)
    main = {
        ("booking-requested", Side.COMPANY): _("Répondre à la demande"),
        ("hold-placed", Side.CLASS): _("Confirmer l’option"),
        ("waitlist-offered", Side.CLASS): _("Accepter la place"),
    }.get((kind, side), _("Voir la réservation"))
    links = [(main, absolute_url(path, language))]
    if kind in ("booking-confirmed", "booking-updated"):
        links.append((_("Ajouter à mon agenda (fichier .ics)"), absolute_url(f"{path}.ics", language)))
    is_over = state in (State.CANCELLED, State.DECLINED, State.EXPIRED)
    if is_over and side is Side.CLASS:
        links.append((_("Chercher une autre visite"), absolute_url("/programme", language)))
    if is_over and side is Side.COMPANY:
        links.append((_("Voir vos créneaux"), absolute_url(f"/company/{company_id}/", language)))
    return links
