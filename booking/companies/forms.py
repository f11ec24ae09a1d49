"""What a company's members type of it and of its sites."""

from __future__ import annotations

import re
from typing import Any

from wtforms import Field, SelectChoice, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Optional

from booking.companies.models import Company, Site
from booking.companies.rules import check_siret, sectors
from booking.companies.services import CompanyDraft, SiteDraft
from booking.core.errors import Refusal
from booking.core.fields import ChoiceField, DayField, at_most, clean_line, clean_text
from booking.core.forms import Form, FormInOrder
from booking.core.i18n import _, _l
from booking.territory.forms import CommuneFields


class SiretFields(FormInOrder):
    """The number of a site."""

    siret = StringField(
        _l("SIRET de l’établissement"),
        description=_l("Quatorze chiffres. Il est sur vos factures et sur l’Annuaire des entreprises."),
        filters=[clean_line],
        validators=[DataRequired(_l("Indiquez le SIRET, quatorze chiffres.")), at_most(40)],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )

    def validate_siret(self, field: Field) -> None:
        try:
            check_siret(field.data or "")
        except Refusal as refusal:
            raise ValidationError(refusal.message) from None


class AddressFields(CommuneFields):
    """Where a site is."""

    address = StringField(
        _l("Numéro et rue"),
        description=_l("Là où les classes viendraient. Exemple : 12 rue des Ateliers"),
        filters=[clean_line],
        validators=[DataRequired(_l("Indiquez le numéro et la rue.")), at_most(200)],
        render_kw={"autocomplete": "street-address"},
    )


class CompanyForm(Form):
    """What a company says of itself."""

    name = StringField(
        _l("Nom de l’entreprise"),
        description=_l("Un site qui porte ce nom prend aussi le nouveau."),
        filters=[clean_line],
        validators=[DataRequired(_l("Indiquez le nom de l’entreprise.")), at_most(120)],
        render_kw={"autocomplete": "organization"},
    )
    sector = ChoiceField(_l("Secteur"), validators=[DataRequired(_l("Choisissez un secteur."))])
    website = StringField(
        _l("Site internet"),
        description=_l("Exemple : https://www.exemple.fr"),
        filters=[clean_line],
        validators=[Optional(), at_most(200)],
        render_kw={"inputmode": "url", "autocomplete": "url"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sector.choices = [SelectChoice(*sector) for sector in sectors()]

    def validate_website(self, field: Field) -> None:
        # An address that is shown as a link: nothing but a page.
        if not re.fullmatch(r"https?://[^\s/?#@]+\.[^\s/?#@]+([/?#]\S*)?", field.data or ""):
            raise ValidationError(_("Écrivez l’adresse en entier, par exemple https://www.exemple.fr"))

    def draft(self) -> CompanyDraft:
        return CompanyDraft(self.name.data or "", self.sector.data, self.website.data or "")


class PauseForm(Form):
    """Until when the company takes no new request."""

    until = DayField(
        _l("Jusqu’au"),
        description=_l("Ce jour compris. Les classes déjà inscrites viennent comme prévu."),
        validators=[InputRequired(_l("Choisissez un jour."))],
    )


class SiteForm(AddressFields):
    """A site: its address, and what a class needs to get in."""

    first: tuple[str, ...] = ("name", "address", "postcode", "town", "commune", "access", "parking", "safety")

    name = StringField(
        _l("Nom du site"),
        description=_l("Ce que la classe lit à l’entrée. Exemple : Turbines du Hurepoix, atelier nord"),
        filters=[clean_line],
        validators=[DataRequired(_l("Indiquez le nom du site.")), at_most(120)],
    )
    access = TextAreaField(
        _l("Comment venir"),
        description=_l("Entrée, dépose du car, transports en commun. Une activité peut dire autre chose."),
        filters=[clean_text],
        validators=[Optional(), at_most(1000)],
        render_kw={"rows": 3},
    )
    parking = TextAreaField(
        _l("Stationnement"),
        description=_l("Où le car attend."),
        filters=[clean_text],
        validators=[Optional(), at_most(500)],
        render_kw={"rows": 2},
    )
    safety = TextAreaField(
        _l("Sécurité"),
        description=_l("Ce que toute classe doit savoir avant d’entrer."),
        filters=[clean_text],
        validators=[Optional(), at_most(1000)],
        render_kw={"rows": 2},
    )

    def draft(self) -> SiteDraft:
        """The site as it was typed, once the form is valid."""
        assert self.found_commune is not None
        return SiteDraft(
            name=self.name.data or "",
            address=self.address.data or "",
            postcode=self.postcode.data or "",
            commune=self.found_commune,
            access=self.access.data or "",
            parking=self.parking.data or "",
            safety=self.safety.data or "",
        )


class NewSiteForm(SiretFields, SiteForm):
    """One more site of the company."""

    first = ("siret", *SiteForm.first)


def company_values(company: Company) -> dict[str, Any]:
    """What the form shows of the company as it is."""
    return {"name": company.name, "sector": company.sector, "website": company.website}


def site_values(site: Site) -> dict[str, Any]:
    """What the form shows of the site as it is."""
    names = ("name", "address", "postcode", "access", "parking", "safety")
    return {**{name: getattr(site, name) for name in names}, "town": site.commune_name}
