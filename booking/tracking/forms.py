"""What officers type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from booking.bookings.rules.states import REASON_WORDS
from booking.bookings.rules.suspensions import REASONS
from booking.core.fields import ChoiceField, DayField
from booking.core.forms import Form
from booking.core.i18n import _, _l
from booking.territory.models import Departement


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
