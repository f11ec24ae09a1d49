"""What officers type."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from wtforms import EmailField, Field, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from booking.bookings.day_forms import VisitForm
from booking.bookings.rules.states import REASON_WORDS, Actor
from booking.bookings.rules.suspensions import REASONS
from booking.core.errors import Refusal
from booking.core.fields import ChoiceField, DayField
from booking.core.forms import Form
from booking.core.i18n import _, _l
from booking.schools.rules import check_uai
from booking.territory.models import Academie, Departement


class RefusalForm(Form):
    """Why a company or a person is not recognised."""

    reason = TextAreaField(
        _l("Raison"),
        description=_l("Transmise telle quelle à la personne, qui pourra y répondre."),
        filters=[lambda text: text.replace("\x00", "").strip() if text else text],
        validators=[
            InputRequired(_l("Écrivez la raison : elle est transmise à la personne, qui pourra y répondre.")),
            Length(max=300, message=_l("C’est trop long : %(max)d caractères au plus.")),
        ],
        render_kw={"rows": 3},
    )


class ToldVisitForm(VisitForm):
    """What happened to one class, as the firm or the school told an officer."""

    told_by = RadioField(
        _l("De qui le tenez-vous ?"),
        choices=[
            SelectChoice(Actor.HOST.value, _l("de l’entreprise")),
            SelectChoice(Actor.TEACHER.value, _l("de l’enseignant ou de son établissement")),
        ],
        validate_choice=False,
    )

    def validate_told_by(self, field: Field) -> None:
        if field.data not in (Actor.HOST, Actor.TEACHER):
            raise ValidationError(_("Dites de qui vous le tenez : l’entreprise et l’enseignant le liront."))


class SuspensionForm(Form):
    """Which outings are suspended, from when to when, and why."""

    departement = ChoiceField(_l("Département"), default="")
    first_on = DayField(_l("Premier jour"), validators=[InputRequired(_l("Indiquez le premier jour."))])
    last_on = DayField(
        _l("Dernier jour"),
        description=_l("Laissez vide pour suspendre jusqu’à nouvel ordre."),
        validators=[Optional()],
    )
    reason = ChoiceField(_l("Raison"), default="")
    note = TextAreaField(
        _l("Mot aux enseignants et aux entreprises"),
        description=_l("Il accompagne le message que chacun reçoit."),
        filters=[lambda text: text.replace("\x00", "").strip() if text else text],
        validators=[Length(max=500, message=_l("C’est trop long : %(max)d caractères au plus."))],
        render_kw={"rows": 3, "maxlength": "500"},
    )

    def __init__(self, departements: Sequence[Departement], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [SelectChoice(each.code, f"{each.code} – {each.name}") for each in departements]
        self.departement.choices = known if len(known) == 1 else [SelectChoice("", _("Choisissez")), *known]
        self.reason.choices = [
            SelectChoice("", _("Choisissez une raison")),
            *(SelectChoice(reason.value, REASON_WORDS[reason]) for reason in REASONS),
        ]

    def validate_departement(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Choisissez un département."))

    def validate_reason(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Choisissez une raison : elle est transmise avec le message."))


def _one_line(text: str | None) -> str | None:
    return " ".join(text.replace("\x00", "").split()) if text else text


class GroupForm(Form):
    """A group of schools: its name, and its académie when the officer has several."""

    academie = ChoiceField(_l("Académie"), default="")
    name = StringField(
        _l("Nom du groupe"),
        description=_l("Par exemple « Bassin d’Évry » ou « CLEE Seine-Essonne »."),
        filters=[_one_line],
        validators=[
            InputRequired(_l("Donnez un nom au groupe.")),
            Length(max=80, message=_l("C’est trop long : %(max)d caractères au plus.")),
        ],
        render_kw={"maxlength": "80"},
    )

    def __init__(self, academies: Sequence[Academie], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [SelectChoice(each.code, each.name) for each in academies]
        self.academie.choices = known if len(known) == 1 else [SelectChoice("", _("Choisissez")), *known]

    def validate_academie(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Choisissez une académie."))


class CodesField(TextAreaField):
    """Codes typed in one text, or ticked in a list: one text in the end."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = "\n".join(valuelist)


class SchoolsForm(Form):
    """The schools that enter a group, by their codes."""

    uais = CodesField(
        _l("Codes UAI"),
        description=_l(
            "Un ou plusieurs, séparés par des espaces ou des retours à la ligne : une colonne de tableur convient."
        ),
        validators=[
            InputRequired(_l("Écrivez au moins un code UAI.")),
            Length(max=20000, message=_l("C’est trop long : %(max)d caractères au plus.")),
        ],
        render_kw={"rows": 4},
    )

    @property
    def codes(self) -> list[str]:
        """The codes typed, well formed."""
        return [check_uai(word) for word in _uai_words(self.uais.data)]

    def validate_uais(self, field: Any) -> None:
        for word in _uai_words(field.data):
            try:
                check_uai(word)
            except Refusal as refusal:
                raise ValidationError(_("« %(word)s » : %(why)s", word=word[:20], why=refusal.message)) from None


def _uai_words(text: str | None) -> list[str]:
    return re.split(r"[\s,;]+", (text or "").replace("\x00", "").strip())


class EntrustForm(Form):
    """Who follows a group."""

    email = EmailField(
        _l("Adresse électronique de son compte"),
        filters=[_one_line],
        validators=[InputRequired(_l("Écrivez l’adresse du compte.")), Length(max=254)],
        render_kw={"autocomplete": "off"},
    )
