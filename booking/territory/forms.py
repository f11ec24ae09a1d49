"""A commune as people type it."""

from __future__ import annotations

import re

from wtforms import Field, RadioField, SelectChoice, StringField, ValidationError

from booking.core.fields import at_most, clean_line
from booking.core.forms import FormInOrder
from booking.core.i18n import _, _l
from booking.territory.models import Commune
from booking.territory.queries import communes_named, communes_of_postcode

CEDEX = re.compile(r"\bcedex\b.*$", re.IGNORECASE)


class CommuneFields(FormInOrder):
    """A postcode and a commune typed as on an envelope; a list to pick from when they fit several communes."""

    postcode = StringField(
        _l("Code postal"),
        filters=[clean_line],
        render_kw={"autocomplete": "postal-code", "inputmode": "numeric", "maxlength": 5},
    )
    town = StringField(
        _l("Commune"),
        filters=[clean_line],
        validators=[at_most(80)],
        render_kw={"autocomplete": "address-level2"},
    )
    commune = RadioField(_l("Laquelle de ces communes ?"), choices=[], validate_choice=False)
    found_commune: Commune | None = None

    @property
    def asks_commune(self) -> bool:
        """Whether this form, as it was filled, needs a commune."""
        return True

    def validate_postcode(self, field: Field) -> None:
        if self.asks_commune and not re.fullmatch(r"[0-9]{5}", field.data or "", re.ASCII):
            raise ValidationError(_("Indiquez le code postal : cinq chiffres."))

    def validate_town(self, field: Field) -> None:
        if self.asks_commune and not field.data:
            raise ValidationError(_("Indiquez la commune."))

    def validate_commune(self, field: Field) -> None:
        if not self.asks_commune or self.postcode.errors or self.town.errors:
            return
        named = communes_named(CEDEX.sub("", self.town.data or ""))
        offered = communes_of_postcode(self.postcode.data or "") or named
        if not offered:
            raise ValidationError(_("Nous ne trouvons pas cette commune. Vérifiez le nom et le code postal."))
        same_name = [commune for commune in offered if commune in named]
        picked = [commune for commune in offered if commune.insee == field.data]
        self.found_commune = next((few[0] for few in (picked, same_name, offered) if len(few) == 1), None)
        if self.found_commune is None:
            field.choices = [SelectChoice(c.insee, f"{c.name} ({c.departement_code})") for c in offered]
            raise ValidationError(_("Choisissez la commune dans la liste."))
