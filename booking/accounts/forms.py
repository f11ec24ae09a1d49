"""The shape of what people type about themselves."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_security.mail_util import EmailValidateException
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    ValidationError,
)
from wtforms.validators import DataRequired, Optional, Regexp

from booking.accounts.models import SCHOOL_ROLES, MemberRole
from booking.accounts.permissions import safe_next
from booking.accounts.services import Firm, Newcomer, UnlistedSchool
from booking.companies.forms import AddressFields, SiretFields
from booking.companies.rules import sectors
from booking.core.errors import Refusal
from booking.core.fields import at_most, clean_line
from booking.core.forms import Form, FormInOrder
from booking.core.i18n import LANGUAGES, _, _l, current_language
from booking.schools.models import School, SchoolKind
from booking.schools.queries import school_by_uai, search_schools
from booking.schools.rules import check_uai
from booking.territory.forms import CommuneFields

SCHOOLS_SHOWN = 12


def required(message: Any) -> DataRequired:
    return DataRequired(message)


PHONE = Regexp(
    r"^\+?[0-9][0-9 .()/-]{5,28}$",
    message=_l("Ce numéro n’est pas lisible. Exemples : 01 60 00 00 00, +33 1 60 00 00 00"),
)


class NewPersonForm(FormInOrder):
    """Who somebody is, and how they will sign in."""

    first_name = StringField(
        _l("Prénom"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre prénom.")), at_most(80)],
        render_kw={"autocomplete": "given-name"},
    )
    last_name = StringField(
        _l("Nom"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre nom.")), at_most(80)],
        render_kw={"autocomplete": "family-name"},
    )
    email = EmailField(
        _l("Adresse e-mail professionnelle"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre adresse e-mail.")), at_most(254)],
        render_kw={"autocomplete": "email"},
    )
    password = PasswordField(
        _l("Mot de passe"),
        description=_l("Dix caractères au moins. Quatre mots sans lien entre eux font très bien l’affaire."),
        validators=[required(_l("Choisissez un mot de passe."))],
        render_kw={"autocomplete": "new-password"},
    )
    next = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.next.data = safe_next("")

    def validate_email(self, field: Field) -> None:
        try:
            field.data = current_app.extensions["security"].mail_util.validate(field.data)
        except EmailValidateException as error:
            raise ValidationError(error.msg) from None

    def validate_password(self, field: Field) -> None:
        problems, field.data = current_app.extensions["security"].password_util.validate(
            field.data, True, email=self.email.data, first_name=self.first_name.data, last_name=self.last_name.data
        )
        if problems:
            raise ValidationError(problems[0])

    def newcomer(self) -> Newcomer:
        phone = self._fields.get("phone")
        return Newcomer(
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            email=self.email.data or "",
            password=self.password.data or "",
            phone=(phone.data if phone else "") or "",
            language=current_language(),
        )


class SchoolFields(CommuneFields):
    """A school: searched, then picked from what was found, or added by its UAI."""

    first = ("school_search", "searched", "school", "uai", "school_name", "school_kind", "postcode", "town", "commune")

    school_search = StringField(
        _l("Nom, commune ou code UAI de votre établissement"),
        filters=[clean_line],
        validators=[at_most(120)],
        render_kw={"autocomplete": "off"},
    )
    searched = HiddenField(filters=[clean_line])
    school = RadioField(_l("Choisissez votre établissement"), choices=[], validate_choice=False)
    uai = StringField(_l("Code UAI"), filters=[clean_line], validators=[at_most(20)], render_kw={"autocomplete": "off"})
    school_name = StringField(_l("Nom de l’établissement"), filters=[clean_line], validators=[at_most(160)])
    school_kind = RadioField(
        _l("C’est"),
        choices=[
            SelectChoice(SchoolKind.ECOLE.value, _l("une école")),
            SelectChoice(SchoolKind.COLLEGE.value, _l("un collège")),
            SelectChoice(SchoolKind.LYCEE.value, _l("un lycée")),
        ],
        validate_choice=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_school = school_by_uai(self.uai.data or "")
        self.found = self._find_schools()
        self.school.choices = [SelectChoice(uai, school_words(school)) for uai, school in self.found.items()]
        if len(self.found) == 1 and not self.school.data:
            self.school.data = next(iter(self.found))
        # Whether this POST is answered by a list of schools: the box holds a text that was not searched yet.
        self.wants_search = bool(self.school_search.data) and self.school_search.data != self.searched.data
        self.searched.data = self.school_search.data

    def _find_schools(self) -> dict[str, School]:
        """What the search finds, and the school already picked, by UAI."""
        text = (self.school_search.data or "")[:120]
        found = {school.uai: school for school in search_schools(text, SCHOOLS_SHOWN)} if text else {}
        picked = school_by_uai(self.school.data or "")
        return found if picked is None else {picked.uai: picked, **found}

    @property
    def adds_school(self) -> bool:
        return bool(self.uai.data or self.school_name.data)

    @property
    def asks_commune(self) -> bool:
        return self.adds_school and self.known_school is None

    def validate_school(self, field: Field) -> None:
        if not self.adds_school and field.data not in self.found:
            raise ValidationError(_("Cherchez votre établissement, puis choisissez-le dans la liste."))

    def validate_uai(self, field: Field) -> None:
        if self.adds_school:
            try:
                field.data = check_uai(field.data or "")
            except Refusal as refusal:
                raise ValidationError(refusal.message) from None

    def validate_school_name(self, field: Field) -> None:
        if self.asks_commune and not field.data:
            raise ValidationError(_("Indiquez le nom de l’établissement."))

    def validate_school_kind(self, field: Field) -> None:
        if self.asks_commune and field.data not in set(SchoolKind):
            raise ValidationError(_("Dites si c’est une école, un collège ou un lycée."))

    def school_choice(self) -> School | UnlistedSchool:
        """The school picked, or what is needed to add it."""
        if not self.adds_school:
            return self.found[self.school.data]
        if self.known_school:
            return self.known_school
        assert self.found_commune is not None
        return UnlistedSchool(
            uai=self.uai.data or "",
            name=self.school_name.data or "",
            kind=SchoolKind(self.school_kind.data),
            postcode=self.postcode.data or "",
            commune=self.found_commune,
        )


class TeacherSignUpForm(NewPersonForm, SchoolFields):
    """A teacher and the school."""

    first = SchoolFields.first


class JoinSchoolForm(SchoolFields):
    """One more school for somebody with an account, and what they are there."""

    role = RadioField(
        _l("Vous y êtes"),
        choices=[
            SelectChoice(MemberRole.TEACHER.value, _l("enseignant")),
            SelectChoice(MemberRole.HEAD.value, _l("chef d’établissement")),
            SelectChoice(MemberRole.DELEGATE.value, _l("adjoint ou délégué du chef d’établissement")),
        ],
        default=MemberRole.TEACHER.value,
        validate_choice=False,
    )

    def validate_role(self, field: Field) -> None:
        if field.data not in SCHOOL_ROLES:
            raise ValidationError(_("Choisissez une des possibilités de la liste."))

    def member_role(self) -> MemberRole:
        return MemberRole(self.role.data)


def school_words(school: School) -> str:
    """« Collège Louis Pasteur, Brunoy (91) – 0910620E »."""
    return f"{school.name}, {school.commune_name} ({school.departement_code}) – {school.uai}"


class FirmFields(SiretFields, AddressFields):
    """The site of a company, by its SIRET."""

    first = ("siret", "company_name", "sector", "address", "postcode", "town", "commune")

    company_name = StringField(
        _l("Nom de l’entreprise"),
        filters=[clean_line],
        validators=[required(_l("Indiquez le nom de l’entreprise.")), at_most(120)],
        render_kw={"autocomplete": "organization"},
    )
    sector = SelectField(_l("Secteur"), validators=[required(_l("Choisissez un secteur."))], validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sector.choices = [SelectChoice("", _("Choisissez")), *(SelectChoice(*sector) for sector in sectors())]

    def validate_sector(self, field: Field) -> None:
        if field.data not in {slug for slug, _label in sectors()}:
            raise ValidationError(_("Choisissez un secteur."))

    def firm(self) -> Firm:
        assert self.found_commune is not None
        return Firm(
            siret=self.siret.data or "",
            name=self.company_name.data or "",
            sector=self.sector.data,
            address=self.address.data or "",
            postcode=self.postcode.data or "",
            commune=self.found_commune,
        )


class CompanySignUpForm(NewPersonForm, FirmFields):
    """A company's member and the site they come from."""

    first = FirmFields.first

    phone = TelField(
        _l("Téléphone professionnel"),
        filters=[clean_line],
        validators=[required(_l("Indiquez un téléphone où vous joindre.")), PHONE],
        render_kw={"autocomplete": "tel"},
    )


class JoinCompanyForm(FirmFields):
    """One more company for somebody with an account."""


class EmailForm(Form):
    """An address alone: where to send the sign-in link."""

    email = EmailField(
        _l("Adresse e-mail"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre adresse e-mail.")), at_most(254)],
        render_kw={"autocomplete": "username"},
    )
    next = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.next.data = safe_next("")

    validate_email = NewPersonForm.validate_email


class NewAddressForm(Form):
    """The address that is to take the place of the present one."""

    email = EmailField(
        _l("Nouvelle adresse e-mail"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre adresse e-mail.")), at_most(254)],
        render_kw={"autocomplete": "email"},
    )

    validate_email = NewPersonForm.validate_email


class MailboxForm(Form):
    """A school's official address; empty goes back to the guess."""

    email = EmailField(
        _l("Adresse officielle de l’établissement"),
        filters=[clean_line],
        validators=[Optional(), at_most(254)],
        render_kw={"autocomplete": "off"},
    )

    validate_email = NewPersonForm.validate_email


class ProfileForm(Form):
    """What a person may change about themselves."""

    first_name = StringField(
        _l("Prénom"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre prénom.")), at_most(80)],
        render_kw={"autocomplete": "given-name"},
    )
    last_name = StringField(
        _l("Nom"),
        filters=[clean_line],
        validators=[required(_l("Indiquez votre nom.")), at_most(80)],
        render_kw={"autocomplete": "family-name"},
    )
    phone = TelField(
        _l("Téléphone professionnel"),
        filters=[clean_line],
        validators=[Optional(), PHONE],
        render_kw={"autocomplete": "tel"},
    )
    mobile = TelField(
        _l("Téléphone mobile"),
        description=_l("Donné à l’autre partie de la veille au lendemain de la visite, pour un car en retard."),
        filters=[clean_line],
        validators=[Optional(), PHONE],
        render_kw={"autocomplete": "tel"},
    )
    language = SelectField(
        _l("Langue des messages"), choices=[SelectChoice(*language) for language in LANGUAGES.items()]
    )
    wants_reminders = BooleanField(_l("Me rappeler les visites sept jours et un jour avant"))
    wants_digest = BooleanField(
        _l("M’envoyer le point de la semaine"),
        description=_l(
            "Au plus un message par semaine : pour une entreprise, les classes qui cherchent une visite ; pour qui suit un "
            "territoire, ses chiffres et ce qui attend, le lundi."
        ),
    )
    wants_alerts = BooleanField(
        _l("M’alerter sans attendre le lundi"),
        description=_l(
            "Un label qui attend trop, un créneau annulé avec plusieurs classes, une entreprise qui ne répond plus."
        ),
    )

    def values(self) -> dict[str, Any]:
        """What to keep, by the name of the column."""
        names = (
            "first_name",
            "last_name",
            "phone",
            "mobile",
            "language",
            "wants_reminders",
            "wants_digest",
            "wants_alerts",
        )
        asked = [name for name in names if name in self._fields]
        return {name: self._fields[name].data or ("" if name in {"phone", "mobile"} else False) for name in asked}
