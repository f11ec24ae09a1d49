"""The shape of what people write to each other."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField, RadioField, SelectChoice, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired

from booking.core.fields import NOT_IN_LIST, ChoiceField, at_most, clean_text
from booking.core.forms import Form
from booking.core.i18n import _l
from booking.messages.rules.reports import DECISION_WORDS, GROUND_WORDS, Decision, Ground
from booking.schools.models import School

LONGEST_MESSAGE = 2000
# A question travels in an address while its author signs in: servers take addresses of four kilobytes.
LONGEST_QUESTION = 600
LONGEST_REASON = 300


def _text(label: Any, missing: Any, longest: int, **more: Any) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[clean_text],
        validators=[DataRequired(missing), at_most(longest)],
        render_kw={"rows": "5", "maxlength": str(longest)},
        **more,
    )


class KeyedForm(Form):
    """key: drawn when the form is shown, so that sending it twice writes once."""

    key = HiddenField(default=lambda: secrets.token_urlsafe(12), validators=[at_most(80)])


class MessageForm(KeyedForm):
    text = _text(_l("Votre message"), _l("Écrivez un message."), LONGEST_MESSAGE)


class AskForm(KeyedForm):
    text = _text(
        _l("Votre question"),
        _l("Écrivez votre question."),
        LONGEST_QUESTION,
        description=_l(
            "L’entreprise voit votre nom et votre établissement, jamais votre adresse. Ne nommez aucun élève."
        ),
    )
    school_id = ChoiceField(_l("Établissement"), coerce=int)

    def __init__(self, schools: Sequence[School], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._schools = {school.id: school for school in schools}
        self.school_id.choices = [SelectChoice(school.id, school.one_line) for school in schools]
        if len(schools) == 1:
            del self.school_id

    @property
    def school(self) -> School:
        chosen = self._fields.get("school_id")
        return self._schools[chosen.data] if chosen else next(iter(self._schools.values()))


class PublishForm(Form):
    """Question and answer as everybody will read them."""

    question = _text(_l("La question, pour tous"), _l("Écrivez la question."), LONGEST_MESSAGE)
    answer = _text(
        _l("La réponse, pour tous"),
        _l("Écrivez la réponse."),
        LONGEST_MESSAGE,
        description=_l("Relisez : ni le nom de l’enseignant ni celui de son établissement ne doivent s’y trouver."),
    )


class ReportForm(Form):
    ground = RadioField(
        _l("Qu’est-ce qui ne va pas ?"),
        choices=[SelectChoice(ground.value, words) for ground, words in GROUND_WORDS.items()],
        validators=[DataRequired(NOT_IN_LIST)],
        validate_choice=False,
    )
    text = TextAreaField(
        _l("Précisions"),
        filters=[clean_text],
        validators=[at_most(1000)],
        render_kw={"rows": "4", "maxlength": "1000"},
    )
    # Nobody sees this field; programs that fill in every field give themselves away.
    website = StringField(_l("Ne remplissez pas ce champ"), render_kw={"autocomplete": "off", "tabindex": "-1"})

    def validate_ground(self, field: RadioField) -> None:
        if field.data not in set(Ground):
            raise ValidationError(NOT_IN_LIST)


class DecisionForm(Form):
    decision = RadioField(
        _l("Votre décision"),
        choices=[SelectChoice(decision.value, words) for decision, words in DECISION_WORDS.items()],
        validators=[DataRequired(NOT_IN_LIST)],
    )
    note = TextAreaField(
        _l("Pourquoi"),
        description=_l("Gardé avec le signalement. Si vous masquez, l’auteur reçoit ces mots."),
        filters=[clean_text],
        validators=[at_most(LONGEST_REASON)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_REASON)},
    )

    @property
    def chosen(self) -> Decision:
        return Decision(self.decision.data)
