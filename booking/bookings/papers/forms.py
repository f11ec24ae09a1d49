"""The shape of what a school types for its papers, and an administrator for the law."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from booking.bookings.papers.rules import Nature, RuleState
from booking.core.fields import DayField, at_most, clean_line, clean_text
from booking.core.forms import Form
from booking.core.i18n import _l

LONGEST_LINE = 300
LONGEST_TEXT = 3000
NO_PUPIL = _l("Jamais le nom d’un élève.")


def _line(label: Any, description: Any = "", longest: int = LONGEST_LINE) -> StringField:
    return StringField(
        label,
        filters=[clean_line],
        description=description,
        validators=[at_most(longest)],
        render_kw={"maxlength": str(longest), "autocomplete": "off"},
    )


def _text(label: Any, description: Any = "", rows: int = 4) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[clean_text],
        description=description,
        validators=[at_most(LONGEST_TEXT)],
        render_kw={"rows": str(rows), "maxlength": str(LONGEST_TEXT)},
    )


class FileForm(Form):
    """What the papers of an outing say beyond the booking. Everything can wait: a blank is left on the paper."""

    aims = _text(_l("Objectifs, en lien avec les programmes"), _l("Laissez vide pour une phrase toute faite."))
    nature = RadioField(
        _l("La sortie est"),
        choices=[
            SelectChoice(Nature.BY_HOURS, _l("selon ses heures : obligatoire si elle tient dans les heures de cours")),
            SelectChoice(Nature.COMPULSORY, _l("obligatoire, donc gratuite : les familles sont informées")),
            SelectChoice(Nature.OPTIONAL, _l("facultative : les familles donnent leur accord")),
        ],
        coerce=Nature,
        default=Nature.BY_HOURS,
    )
    transport = _line(_l("Transport"), _l("Par exemple : car de la société X, réservé et payé par le collège."))
    meals = _line(_l("Repas"), _l("Par exemple : panier-repas fourni par la cantine."))
    costs = _line(_l("Frais"), _l("Qui paie quoi. Une sortie obligatoire est gratuite pour les familles."))
    insurance_school = _line(_l("Assurance de l’établissement"), _l("Assureur et numéro de contrat."))
    insurance_company = _line(
        _l("Assurance de l’entreprise"), _l("Assureur et numéro de contrat, donnés par l’entreprise.")
    )
    board_number = _line(_l("Numéro de la décision du conseil d’administration"), longest=40)
    board_on = DayField(_l("Date de cette décision"), validators=[Optional()])
    clauses = _text(_l("Clauses propres à cette sortie"), NO_PUPIL)

    def values(self) -> dict[str, Any]:
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}


class NamesSentForm(Form):
    """When the list of names went to the site, by the school's own means."""

    names_sent_on = DayField(_l("Liste transmise le"), validators=[Optional()])


class TermsForm(Form):
    """What a school puts in all of its conventions."""

    clauses = _text(
        _l("Clauses de l’établissement"), _l("Elles s’ajoutent à chaque convention établie à partir de maintenant."), 8
    )
    insurance = _line(_l("Assurance de l’établissement"), _l("Assureur et numéro de contrat."))


class RuleForm(Form):
    """A newer line of law, from a day on."""

    effective_from = DayField(_l("En vigueur à partir du"), validators=[InputRequired(_l("Indiquez la date."))])
    sentence = TextAreaField(
        _l("Phrase imprimée"),
        filters=[clean_text],
        validators=[InputRequired(_l("Écrivez la phrase.")), at_most(LONGEST_TEXT)],
        render_kw={"rows": "4", "maxlength": str(LONGEST_TEXT)},
    )
    citation = _line(_l("Référence"), _l("Article ou circulaire, avec sa date."))
    source = _line(_l("Où elle a été lue"))
    value = _line(
        _l("Valeur"), _l("Un nombre, ou des heures comme 08:00-17:30, quand une règle en a besoin."), longest=40
    )
    state = RadioField(
        _l("État"),
        choices=[
            SelectChoice(RuleState.CHECKED, _l("vérifiée à sa source")),
            SelectChoice(RuleState.TO_CHECK, _l("à vérifier : le papier le dit")),
        ],
        coerce=RuleState,
        default=RuleState.TO_CHECK,
    )

    def values(self) -> dict[str, Any]:
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}
