"""What is typed of a visit arranged elsewhere: a minute, one page."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, Field, HiddenField, RadioField, SelectChoice, StringField, ValidationError
from wtforms.validators import InputRequired

from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.declared.rules import Visit, VisitKnown
from booking.bookings.declared.services import Told
from booking.catalogue.models import BOOKED_BY, ActivityKind, BookedBy
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.models import Company
from booking.core.errors import Refusal
from booking.core.fields import ChoiceField, CountField, DayField, at_most, clean_line
from booking.core.forms import FormInOrder
from booking.core.i18n import _, _l
from booking.schools.models import School
from booking.schools.queries import school_by_uai, search_schools
from booking.schools.reference import levels

MOST_PUPILS = 200
MOST_ADULTS = 40
SCHOOLS_SHOWN = 12
LONGEST_KEY = 80
_LINE = {"autocomplete": "off"}


class DeclarationForm(FormInOrder):
    """A visit arranged elsewhere. schools: those to choose from; without any, the school is looked for by its name.

    company: the firm that declares. among: narrows what a search finds. key: sending the form twice declares once.
    """

    school = StringField(
        _l("Établissement scolaire"),
        filters=[clean_line],
        description=_l("Son nom et sa commune, ou son code UAI."),
        validators=[at_most(160)],
        render_kw=_LINE,
    )
    uai = RadioField(_l("Quel établissement ?"), choices=[], validate_choice=False)
    level_code = ChoiceField(_l("Niveau"), default="")
    class_name = StringField(
        _l("Nom de la classe ou du groupe"),
        filters=[clean_line],
        description=_l("Par exemple 4e B : il évite de compter une classe deux fois. Jamais le nom d’un élève."),
        validators=[at_most(60)],
        render_kw=_LINE,
    )
    pupils = CountField(_l("Élèves prévus"), least=1, most=MOST_PUPILS)
    firm = StringField(
        _l("Entreprise"),
        filters=[clean_line],
        description=_l("Son nom, ou son numéro SIREN ou SIRET."),
        validators=[InputRequired(_l("Écrivez le nom de l’entreprise.")), at_most(120)],
        render_kw=_LINE,
    )
    kind = ChoiceField(_l("Genre"), default=ActivityKind.SITE_VISIT.value)
    place = StringField(
        _l("Lieu"),
        filters=[clean_line],
        description=_l("Par exemple « Évry-Courcouronnes », ou « en classe »."),
        validators=[at_most(200)],
        render_kw=_LINE,
    )
    visited_on = DayField(_l("Jour de la visite"), validators=[InputRequired(_l("Indiquez le jour de la visite."))])
    present_pupils = CountField(_l("Élèves venus"), least=1, most=MOST_PUPILS, required=False)
    present_adults = CountField(_l("Accompagnateurs venus"), most=MOST_ADULTS, required=False)
    is_apart = BooleanField(_l("C’est une autre visite : l’enregistrer aussi"))
    key = HiddenField(filters=[clean_line])

    def __init__(
        self,
        schools: Sequence[School] | None = None,
        company: Company | None = None,
        among: Any = None,
        visit: DeclaredVisit | None = None,
        **kwargs: Any,
    ) -> None:
        data = kwargs.pop("data", None) or (shown(visit) if visit else {})
        super().__init__(data=data, **kwargs)
        self.company = company
        if company is not None:
            del self.firm
        if schools is None:
            found = [school for school in _schools_named(self.school.data or "") if among is None or among(school)]
        else:
            del self.school
            found = list(schools)
        self.found = {school.uai: school for school in found}
        self.uai.choices = [SelectChoice(uai, school.one_line) for uai, school in self.found.items()]
        if len(self.found) == 1:
            self.uai.data = next(iter(self.found))
        self.level_code.choices = [SelectChoice("", _("Choisissez")), *_levels()]
        self.kind.choices = [
            SelectChoice(kind.value, words) for kind, words in KIND_WORDS.items() if BOOKED_BY[kind] is BookedBy.CLASS
        ]
        # Shown once a visit that looks the same was found.
        self.alike: list[Visit] = []
        if not self.key.data or len(self.key.data) > LONGEST_KEY:
            self.key.data = secrets.token_urlsafe(18)

    @property
    def asks_which_school(self) -> bool:
        return len(self.found) > 1

    def validate_school(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Dites quel établissement vient."))
        if not self.found:
            raise ValidationError(
                _("Aucun établissement ne répond à « %(text)s » : essayez la commune seule.", text=field.data)
            )

    def validate_uai(self, field: Field) -> None:
        if self.asks_which_school and field.data not in self.found:
            raise ValidationError(_("Choisissez l’établissement dans la liste."))

    def validate_level_code(self, field: Field) -> None:
        if not field.data:
            raise ValidationError(_("Choisissez le niveau de la classe."))

    def refuse(self, refusal: Refusal) -> None:
        super().refuse(refusal)
        if isinstance(refusal, VisitKnown):
            self.alike = list(refusal.alike)

    def told(self) -> Told:
        """What was typed, once it is valid."""
        assert self.pupils.data is not None
        return Told(
            school_id=self.found[self.uai.data].id,
            level_code=self.level_code.data,
            pupils=self.pupils.data,
            firm=self.company.name if self.company else self.firm.data or "",
            visited_on=self.visited_on.data,
            kind=ActivityKind(self.kind.data),
            class_name=self.class_name.data or "",
            place=self.place.data or "",
            present_pupils=self.present_pupils.data,
            present_adults=self.present_adults.data,
            company=self.company,
            is_apart=bool(self.is_apart.data),
            key=self.key.data,
        )


def shown(visit: DeclaredVisit) -> dict[str, Any]:
    """A declaration as its form shows it."""
    names = ("class_name", "level_code", "pupils", "place", "visited_on", "present_pupils", "present_adults")
    values = {name: getattr(visit, name) for name in names}
    return {
        **values,
        "school": visit.school.uai,
        "uai": visit.school.uai,
        "firm": visit.company_name,
        "kind": visit.kind.value,
    }


def _levels() -> list[SelectChoice]:
    known = sorted(levels(), key=lambda level: not level.cycle)
    return [SelectChoice(level.code, level.label, optgroup=level.cycle or _("Autres")) for level in known]


def _schools_named(text: str) -> Sequence[School]:
    """The school of the UAI typed, else those that a search finds."""
    for uai in re.findall(r"\b[0-9]{7}[A-Za-z]\b", text)[:1]:
        if school := school_by_uai(uai):
            return [school]
    return search_schools(text[:120], SCHOOLS_SHOWN) if text else []
