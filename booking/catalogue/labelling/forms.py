"""What companies and officers type about a label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired

from booking.catalogue.labelling.models import LabelCriterion, ReturnReason
from booking.catalogue.labelling.rules import NOTE_LENGTH, NUMBER_LENGTH, URL_LENGTH
from booking.catalogue.labelling.words import REASON_WORDS, criterion_words
from booking.core.fields import NOT_IN_LIST, MultiCheckboxField, at_most, clean_line, clean_text
from booking.core.forms import Form
from booking.core.i18n import _l

_NOTE: dict[str, Any] = {
    "filters": [clean_text],
    "validators": [at_most(NOTE_LENGTH)],
    "render_kw": {"rows": 3},
}


class AskForm(Form):
    """The criteria of the edition, agreed to one by one."""

    criteria = MultiCheckboxField(_l("Cette activité remplit chaque critère"), coerce=int)
    note = TextAreaField(
        _l("Un mot aux services"),
        description=_l("Ce qu’ils doivent savoir, ou ce que vous avez changé."),
        **_NOTE,
    )

    def __init__(self, criteria: Sequence[LabelCriterion], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.criteria.choices = [SelectChoice(each.id, criterion_words(each)) for each in criteria]


class OpinionForm(Form):
    favourable = RadioField(
        _l("Votre avis"),
        choices=[SelectChoice("yes", _l("Favorable")), SelectChoice("no", _l("Défavorable"))],
        validators=[InputRequired(_l("Dites si votre avis est favorable ou non."))],
        invalid_choice_message=NOT_IN_LIST,
    )
    note = TextAreaField(_l("Pourquoi"), description=_l("Lu par les services, pas par l’entreprise."), **_NOTE)


class GrantForm(Form):
    number = StringField(
        _l("Numéro du label"),
        filters=[clean_line],
        validators=[InputRequired(_l("Donnez le numéro du label.")), at_most(NUMBER_LENGTH)],
    )
    url = StringField(
        _l("Page officielle"),
        description=_l("L’adresse de l’événement sur le site officiel, si elle existe."),
        filters=[clean_line],
        validators=[at_most(URL_LENGTH)],
        render_kw={"inputmode": "url"},
    )
    note = TextAreaField(_l("Mot à l’entreprise"), **_NOTE)


class ReturnForm(Form):
    """Why a request goes back, or a label is taken back."""

    reasons = MultiCheckboxField(
        _l("Ce qui est à changer"), choices=[SelectChoice(code.value, words) for code, words in REASON_WORDS.items()]
    )
    note = TextAreaField(
        _l("Précisions"), description=_l("Transmises telles quelles à l’entreprise, avec les raisons."), **_NOTE
    )

    def chosen(self) -> list[ReturnReason]:
        return [ReturnReason(code) for code in self.reasons.data or []]
