"""Two minutes after a visit: what a teacher, or a host, answers."""

from __future__ import annotations

from typing import Any

from wtforms import Field, RadioField, SelectChoice, TextAreaField, ValidationError

from booking.bookings.rules.day import MOST_PUPILS
from booking.bookings.rules.feedback import LONGEST_COMMENT, WORKED, Hands
from booking.bookings.rules.states import Actor
from booking.bookings.services import Opinion
from booking.core.fields import CountField, MultiCheckboxField, at_most, clean_text
from booking.core.forms import Form
from booking.core.i18n import _, _l

YES_NO = [SelectChoice("yes", _l("oui")), SelectChoice("no", _l("non"))]
RATINGS = [
    SelectChoice("5", _l("5 – excellent")),
    SelectChoice("4", _l("4 – bien")),
    SelectChoice("3", _l("3 – correct")),
    SelectChoice("2", _l("2 – décevant")),
    SelectChoice("1", _l("1 – à ne pas refaire ainsi")),
]


class _FeedbackForm(Form):
    rating = RadioField(_l("Dans l’ensemble"), choices=RATINGS, validate_choice=False)
    again = RadioField(choices=YES_NO, validate_choice=False)
    comment = TextAreaField(
        _l("Un mot"),
        filters=[clean_text],
        description=_l("Lu par l’autre partie et par les services académiques. Ne nommez aucun élève."),
        validators=[at_most(LONGEST_COMMENT)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_COMMENT)},
    )

    def validate_rating(self, field: Field) -> None:
        if field.data not in set("12345"):
            raise ValidationError(_("Choisissez une note de 1 à 5."))

    def validate_again(self, field: Field) -> None:
        if field.data not in ("yes", "no"):
            raise ValidationError(_("Répondez par oui ou par non."))

    def _said(self, **more: Any) -> Opinion:
        return Opinion(int(self.rating.data), self.again.data == "yes", self.comment.data or "", **more)


class TeacherFeedbackForm(_FeedbackForm):
    again = RadioField(_l("Reviendriez-vous avec une autre classe ?"), choices=YES_NO, validate_choice=False)
    worked = MultiCheckboxField(
        _l("Ce qui a bien marché"), choices=[SelectChoice(code, words) for code, words in WORKED.items()]
    )
    before_girls = CountField(_l("Avant : filles"), most=MOST_PUPILS, required=False)
    before_boys = CountField(_l("Avant : garçons"), most=MOST_PUPILS, required=False)
    after_girls = CountField(_l("Après : filles"), most=MOST_PUPILS, required=False)
    after_boys = CountField(_l("Après : garçons"), most=MOST_PUPILS, required=False)

    def opinion(self) -> Opinion:
        """What was typed, once it is valid."""
        hands = Hands(self.before_girls.data, self.before_boys.data, self.after_girls.data, self.after_boys.data)
        return self._said(worked=tuple(self.worked.data or ()), hands=hands)


class HostFeedbackForm(_FeedbackForm):
    prepared = RadioField(_l("La classe avait-elle préparé la visite ?"), choices=YES_NO, validate_choice=False)
    again = RadioField(_l("Accueilleriez-vous encore une classe ?"), choices=YES_NO, validate_choice=False)

    def validate_prepared(self, field: Field) -> None:
        self.validate_again(field)

    def opinion(self) -> Opinion:
        """What was typed, once it is valid."""
        return self._said(prepared=self.prepared.data == "yes")


FORMS: dict[Actor, type[TeacherFeedbackForm] | type[HostFeedbackForm]] = {
    Actor.TEACHER: TeacherFeedbackForm,
    Actor.HOST: HostFeedbackForm,
}
