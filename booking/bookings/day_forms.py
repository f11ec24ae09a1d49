"""What is typed on the day, most often with one thumb: what happened to a class, and with how many."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import request
from wtforms import Field, HiddenField, RadioField, SelectChoice, TextAreaField, ValidationError

from booking.bookings.forms import LONGEST_KEY, LONGEST_NOTE
from booking.bookings.models import Booking
from booking.bookings.rules.day import DAY_REASONS, MOST_ADULTS, MOST_PUPILS, Counts, Outcome
from booking.bookings.rules.states import REASON_WORDS, State
from booking.core.fields import NUMBER_MISSING, ChoiceField, CountField, at_most, clean_line, clean_text
from booking.core.forms import Form
from booking.core.i18n import _, _l


class VisitForm(Form):
    """What happened to one class. Ids carry the booking's number: a sheet holds one form for each class.

    key: sending the form twice records once. seen: the record that the form showed, which a correction names.
    """

    outcome = RadioField(
        _l("Que s’est-il passé ?"),
        choices=[
            SelectChoice(State.ATTENDED.value, _l("la classe est venue")),
            SelectChoice(State.EXCUSED.value, _l("elle n’est pas venue et s’en est excusée")),
            SelectChoice(State.MISSED.value, _l("elle n’est pas venue, sans prévenir")),
        ],
        default=State.ATTENDED.value,
        validate_choice=False,
    )
    pupils = CountField(_l("Élèves venus"), least=1, most=MOST_PUPILS, required=False)
    adults = CountField(_l("Accompagnateurs venus"), most=MOST_ADULTS, required=False)
    girls = CountField(_l("Dont filles, si vous les avez comptées"), most=MOST_PUPILS, required=False)
    reason = ChoiceField(_l("Raison de l’absence"), default="")
    note = TextAreaField(
        _l("Incident ou remarque"),
        filters=[clean_text],
        description=_l("Lu par l’entreprise et l’enseignant. Jamais le nom d’un élève, ni d’information de santé."),
        validators=[at_most(LONGEST_NOTE)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_NOTE)},
    )
    key = HiddenField(filters=[clean_line])
    seen = HiddenField(filters=[clean_line])

    def __init__(self, booking: Booking, *args: Any, **kwargs: Any) -> None:
        record = booking.standing_record
        shown = {
            "outcome": record.outcome.value if record else State.ATTENDED.value,
            "pupils": record.pupils if record and record.pupils else booking.pupils,
            "adults": record.adults if record and record.adults is not None else booking.adults,
            "girls": record.girls if record else None,
            "reason": (record.reason or "") if record else "",
            "note": record.note if record else "",
        }
        super().__init__(*args, data=shown, **kwargs)
        self.reason.choices = [
            SelectChoice("", _("Choisissez une raison")),
            *(SelectChoice(reason.value, REASON_WORDS[reason]) for reason in DAY_REASONS),
        ]
        if not self.key.data or len(self.key.data) > LONGEST_KEY:
            self.renew(booking)
        for field in self:
            field.id = field.label.field_id = f"{field.short_name}-{booking.id}"

    def renew(self, booking: Booking) -> None:
        """Another key, about what is recorded now: the next submission is another record."""
        record = booking.standing_record
        self.key.data = secrets.token_urlsafe(18)
        self.seen.data = str(record.id) if record else ""

    def validate_outcome(self, field: Field) -> None:
        if field.data not in (State.ATTENDED, State.EXCUSED, State.MISSED):
            raise ValidationError(_("Choisissez ce qui s’est passé."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Counts are needed of a class that came, and of no other: an optional field alone cannot say so."""
        is_valid = super().validate(extra_validators)
        missing = [
            field for field in (self.pupils, self.adults) if self.came and field.data is None and not field.errors
        ]
        for field in missing:
            field.errors = [NUMBER_MISSING]
        return is_valid and not missing

    @property
    def came(self) -> bool:
        return self.outcome.data == State.ATTENDED

    @property
    def seen_id(self) -> int | None:
        return int(self.seen.data) if (self.seen.data or "").isdecimal() and len(self.seen.data) < 10 else None

    def result(self) -> Outcome:
        """What was typed, once it is valid. Counts of a class that did not come are left out."""
        counts = None
        if self.came:
            assert self.pupils.data is not None
            assert self.adults.data is not None
            counts = Counts(self.pupils.data, self.adults.data, self.girls.data)
        reason = None if self.came else self.reason.data or None
        return Outcome(State(self.outcome.data), counts, reason, self.note.data or "")


def sent_key() -> str:
    """The key of a form that is a single button."""
    return request.form.get("key", "")[:LONGEST_KEY]


def sent_minutes() -> int:
    return request.form.get("minutes", default=0, type=int)


def pressed_at() -> datetime | None:
    """When the button was pressed, as the telephone wrote it down; nothing where there is no script, or it is no date."""
    try:
        moment = datetime.fromisoformat(request.form.get("pressed_at", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
