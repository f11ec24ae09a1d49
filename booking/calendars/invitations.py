"""What a calendar says of a booking: the words of SUMMARY and DESCRIPTION, for one side, in the current language.

facts: the snapshot made by `booking.bookings.mails.facts_of`, plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from booking.calendars.ics import EventFacts
from booking.calendars.models import CalendarObject, Side
from booking.catalogue.rules.wording import access_words, identity_words
from booking.core.dates import format_span
from booking.core.i18n import _, _n, current_language
from booking.core.typography import french_spaces
from booking.mail.identity import organizer

# What the catalogue's own words are made of, under the names an activity has for them.
ACCESS_FACTS = (
    "access_motor", "access_visual", "access_hearing", "access_mental", "access_note", "identity_check",
    "identity_notice_days",
)  # fmt: skip
# What people typed.
_TYPED = (
    "title", "place", "class_name", "school", "teacher", "company", "contact", "access", "parking", "equipment",
    "clothing", "to_bring", "photo_rule", "access_note", "message",
)  # fmt: skip


def event_facts(
    facts: Mapping[str, Any],
    calendar: CalendarObject,
    *,
    sequence: int,
    dtstamp: datetime,
    page_url: str,
    attendee_name: str = "",
    cancelled: bool = False,
    reason: str = "",
) -> EventFacts:
    """The event of one addressee. page_url: the booking's page; it is shown, and given as URL when it is https."""
    facts = shown_facts(facts)
    title = summary(facts, calendar.side)
    host = organizer(calendar.organizer_address)
    return EventFacts(
        uid=calendar.uid,
        sequence=sequence,
        dtstamp=dtstamp,
        created=calendar.created_at,
        modified=calendar.modified_at,
        local_start=datetime.fromisoformat(facts["local_start"]),
        local_end=datetime.fromisoformat(facts["local_end"]),
        timezone=facts["timezone"],
        summary=_("Annulé : %(title)s", title=title) if cancelled else title,
        location=facts["place"],
        description=_cancelled_text(reason, page_url) if cancelled else description(facts, calendar.side, page_url),
        organizer_name=host.name,
        organizer_address=host.address,
        organizer_sent_by=host.sent_by,
        attendee_name=attendee_name,
        attendee_address=calendar.attendee_address,
        latitude=facts["latitude"],
        longitude=facts["longitude"],
        url=page_url if page_url.startswith("https://") else None,
        alarm_text=title,
    )


def shown_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with what people typed spaced as the reader's language wants it."""
    return {name: for_reader(value) if name in _TYPED else value for name, value in facts.items()}


def for_reader(text: str) -> str:
    """A text that somebody typed, spaced as the reader's language wants it."""
    return french_spaces(text) if current_language() == "fr" else text


def summary(facts: Mapping[str, Any], side: Side) -> str:
    """A teacher's calendar names the firm; a firm's names the class and its school."""
    if side is Side.CLASS:
        return _("%(title)s (%(company)s)", title=facts["title"], company=facts["company"])
    return _(
        "%(title)s : %(class_name)s, %(school)s",
        title=facts["title"], class_name=facts["class_name"], school=facts["school"],
    )  # fmt: skip


def description(facts: Mapping[str, Any], side: Side, page_url: str) -> str:
    """All the facts: some mail programs show nothing else of an invitation."""
    span = format_span(
        datetime.fromisoformat(facts["local_start"]), datetime.fromisoformat(facts["local_end"]), facts["timezone"]
    )
    lines = [
        _("Quand : %(span)s", span=span),
        _("Où : %(place)s", place=facts["place"]),
        _("Pour : %(class_name)s, %(group)s", class_name=facts["class_name"], group=group_words(facts)),
    ]
    if side is Side.CLASS:
        lines.append(_("Entreprise : %(company)s", company=facts["company"]))
        lines.append(_("Contact : %(contact)s", contact=contact_words(facts)))
        lines += [f"{label}\u00a0: {text}" for label, text in practical_facts(facts)]
    else:
        lines.append(_("Établissement : %(school)s", school=facts["school"]))
        lines.append(_("Enseignant : %(teacher)s", teacher=facts["teacher"]))
        if facts["special_needs"]:
            lines.append(_("Besoins particuliers : voir la plateforme"))
    lines += [
        "",
        _("Réservation : %(url)s", url=page_url),
        _("Refuser cette invitation dans l’agenda n’annule pas la réservation : annulez sur la page ci-dessus."),
    ]
    return "\n".join(lines)


def follower_summary(facts: Mapping[str, Any]) -> str:
    """For a school's or an officer's calendar, which hold many classes and many firms."""
    facts = shown_facts(facts)
    return _("%(class_name)s\u00a0: %(title)s (%(company)s)",
             class_name=facts["class_name"], title=facts["title"], company=facts["company"])  # fmt: skip


def follower_description(facts: Mapping[str, Any], page_url: str, *, with_teacher: bool) -> str:
    """What a school, or an officer, reads of a booking that is not theirs: who goes where, no telephone."""
    facts = shown_facts(facts)
    span = format_span(
        datetime.fromisoformat(facts["local_start"]), datetime.fromisoformat(facts["local_end"]), facts["timezone"]
    )
    lines = [
        _("Quand : %(span)s", span=span),
        _("Où : %(place)s", place=facts["place"]),
        _("Pour : %(class_name)s, %(group)s", class_name=facts["class_name"], group=group_words(facts)),
        _("Établissement : %(school)s", school=facts["school"]),
        _("Enseignant : %(teacher)s", teacher=facts["teacher"]) if with_teacher else "",
        _("Entreprise : %(company)s", company=facts["company"]),
        _("Réservation : %(url)s", url=page_url),
    ]
    return "\n".join(line for line in lines if line)


def group_words(facts: Mapping[str, Any]) -> str:
    """« 27 élèves et 3 accompagnateurs »; assistants are not counted as supervision."""
    pupils = _n("%(num)d élève", "%(num)d élèves", facts["pupils"])
    adults = _n("%(num)d accompagnateur", "%(num)d accompagnateurs", facts["adults"])
    if not facts["adults"]:
        return pupils
    return _("%(pupils)s et %(adults)s", pupils=pupils, adults=adults)


def contact_words(facts: Mapping[str, Any]) -> str:
    phone = facts["contact_phone"].replace(" ", "\u00a0")
    return ", ".join(part for part in (facts["contact"], phone) if part)


def practical_facts(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a class must know to come, as the firm wrote it; only what it said. Photos: nobody is shown without a word."""
    labels = (
        ("access", _("Accès")),
        ("parking", _("Stationnement")),
        ("equipment", _("Équipements de protection")),
        ("clothing", _("Tenue")),
        ("to_bring", _("À apporter")),
    )
    written = [(label, facts[name]) for name, label in labels if facts.get(name)]
    return [*written, *((label, text) for label, text in _conditions(facts) if text)]


def _conditions(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    age = facts.get("minimum_age")
    photos = (_("Photos"), facts.get("photo_rule") or _("aucun élève reconnaissable"))
    minimum = (_("Âge minimum"), _("%(age)d ans", age=age) if age else "")
    if facts.get("comes_to_class"):
        return [minimum, photos]
    # A workshop is given at the school: its doors are the school's own.
    activity: Any = SimpleNamespace(**{name: facts.get(name) for name in ACCESS_FACTS})
    access = [*access_words(activity), activity.access_note]
    return [
        (_("Identité"), identity_words(activity)),
        minimum,
        photos,
        (_("Accessibilité"), "\n".join(words for words in access if words)),
    ]


def _cancelled_text(reason: str, page_url: str) -> str:
    return "\n".join(line for line in (reason, _("Réservation : %(url)s", url=page_url)) if line)
