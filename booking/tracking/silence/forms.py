"""What officers type after a call."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from booking.core.fields import DayField, at_most, clean_text
from booking.core.forms import Form
from booking.core.i18n import _l
from booking.tracking.models import ContactKind

CONTACT_WORDS: dict[ContactKind, Any] = {
    ContactKind.CALLED: _l("Appelé"),
    ContactKind.WRITTEN: _l("Message envoyé"),
}


class ContactForm(Form):
    """A call or a message, on which day, and what was said."""

    kind = RadioField(
        _l("Ce que vous avez fait"),
        choices=[SelectChoice(kind.value, words) for kind, words in CONTACT_WORDS.items()],
        validators=[InputRequired(_l("Dites si vous avez appelé ou écrit."))],
    )
    contacted_on = DayField(_l("Jour"), validators=[InputRequired(_l("Indiquez le jour de l’appel ou du message."))])
    note = TextAreaField(
        _l("Note"),
        description=_l("Ce qui a été convenu, qui rappeler. Ni nom d’élève, ni jugement sur une personne."),
        filters=[clean_text],
        validators=[at_most(500)],
        render_kw={"rows": 3, "maxlength": "500"},
    )
