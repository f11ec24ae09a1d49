"""What officers type."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from booking.core.forms import Form
from booking.core.i18n import _l


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
