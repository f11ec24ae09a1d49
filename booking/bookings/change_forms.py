"""The shape of what is typed to change a booking: who comes, on which date, and the host's answer to a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, RadioField, SelectChoice, TextAreaField, ValidationError

from booking.bookings.forms import LONGEST_NOTE, MAX_ADULTS, MAX_ASSISTANTS, MAX_PUPILS
from booking.bookings.models import Booking
from booking.bookings.rules.changes import Counts
from booking.catalogue.models import Slot
from booking.core.dates import format_span
from booking.core.fields import CountField, at_most, clean_text
from booking.core.forms import Form
from booking.core.i18n import _, _l


def _note(label: Any, hint: Any) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[clean_text],
        description=hint,
        validators=[at_most(LONGEST_NOTE)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_NOTE)},
    )


class CountsForm(Form):
    """Who comes. seen: the revision that the page showed, so that a page of before overwrites nobody."""

    pupils = CountField(_l("Élèves"), least=1, most=MAX_PUPILS)
    adults = CountField(_l("Accompagnateurs"), most=MAX_ADULTS, description=_l("Vous compris, sans les AESH."))
    assistants = CountField(
        _l("AESH"),
        most=MAX_ASSISTANTS,
        required=False,
        description=_l("Ils viennent en plus des accompagnateurs."),
    )
    girls = CountField(
        _l("Nombre de filles"),
        most=MAX_PUPILS,
        required=False,
        description=_l("Pour les statistiques de l’académie seulement : l’entreprise ne le voit pas."),
    )
    note = _note(_l("Mot à l’entreprise"), _l("Ni nom d’élève, ni information de santé."))
    seen = HiddenField()

    @classmethod
    def of(cls, booking: Booking) -> CountsForm:
        return cls(
            data={
                "pupils": booking.pupils,
                "adults": booking.adults,
                "assistants": booking.assistants,
                "girls": booking.girls,
                "seen": str(booking.revision),
            }
        )

    def counts(self) -> Counts:
        """What was typed, once it is valid."""
        assert self.pupils.data is not None
        assert self.adults.data is not None
        return Counts(self.pupils.data, self.adults.data, self.assistants.data or 0, self.girls.data)


class HostCountsForm(Form):
    """The numbers that a host agreed on with the class, on the telephone for instance."""

    pupils = CountField(_l("Élèves"), least=1, most=MAX_PUPILS)
    adults = CountField(_l("Accompagnateurs"), most=MAX_ADULTS)
    note = _note(_l("Mot à la classe"), _l("Il accompagne le message que l’enseignant reçoit."))
    seen = HiddenField()

    @classmethod
    def of(cls, booking: Booking) -> HostCountsForm:
        return cls(data={"pupils": booking.pupils, "adults": booking.adults, "seen": str(booking.revision)})


class OtherDateForm(Form):
    """Another date of the same activity, among those where the class can come."""

    slot_id = RadioField(_l("Nouvelle date"), coerce=int, validate_choice=False)
    note = _note(_l("Mot à l’entreprise"), _l("Ni nom d’élève, ni information de santé."))
    seen = HiddenField()

    def __init__(self, slots: Sequence[Slot], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Two forms share the page: their fields need ids of their own.
        self.note.id = self.note.label.field_id = "date-note"
        self.seen.id = "date-seen"
        self.slot_id.choices = [
            SelectChoice(slot.id, format_span(slot.local_start, slot.local_end, slot.timezone)) for slot in slots
        ]

    def validate_slot_id(self, field: RadioField) -> None:
        # Nine digits: any number a row can have, and no more than a database can compare.
        if field.data is None or not 0 < field.data < 10**9:
            raise ValidationError(_("Choisissez une date."))


def seen_of(field: HiddenField) -> int | None:
    """The revision that the page showed; a page that says none is taken for one of now."""
    text = field.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


class ChangeAnswerForm(Form):
    """The host's yes or no to a change that a class asks for. Ids carry the change: a page may hold several."""

    ANSWERS = ("accept", "refuse")

    answer = HiddenField()
    note = _note(_l("Mot à l’enseignant"), "")

    def __init__(self, *args: Any, about: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.note.id = self.note.label.field_id = f"change-note-{about}"

    def validate_answer(self, field: HiddenField) -> None:
        if field.data not in self.ANSWERS:
            raise ValidationError(_("Répondez par « Accepter » ou « Refuser »."))

    @property
    def accepts(self) -> bool:
        return self.answer.data == "accept"
