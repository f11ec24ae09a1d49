"""The shape of what is typed about authorisations, the coach and the people who come in."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, EmailField, HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Optional

from booking.accounts.forms import MailboxForm
from booking.bookings.forms import ReasonForm
from booking.bookings.rules.authorisations import CAPACITY_WORDS, HEAD_REASONS, Capacity, SignerRole
from booking.bookings.rules.outing import COACH_WORDS, Coach
from booking.bookings.services import CoachStep, Verdict
from booking.core.fields import DayField, HourField, at_most, clean_line, clean_text
from booking.core.forms import Form
from booking.core.i18n import _l

GRANT, REFUSE = "grant", "refuse"


def _name() -> StringField:
    return StringField(
        _l("Nom et prénom de qui signe"),
        filters=[clean_line],
        validators=[DataRequired(_l("Écrivez le nom de la personne qui signe.")), at_most(120)],
        render_kw={"autocomplete": "name", "maxlength": "120"},
    )


def _capacity() -> RadioField:
    return RadioField(_l("En qualité de"), validators=[InputRequired(_l("Dites en quelle qualité."))])


def _capacities(role: SignerRole) -> list[SelectChoice]:
    return [SelectChoice(capacity.value, CAPACITY_WORDS[role, capacity]) for capacity in Capacity]


class VerdictForm(ReasonForm):
    """Yes, or no with a reason: the two buttons of a form."""

    reasons = HEAD_REASONS

    answer = HiddenField(default="")

    def verdict(self) -> Verdict:
        if self.answer.data == GRANT:
            return Verdict(yes=True)
        return Verdict(yes=False, reason=self.reason.data or None, note=self.note.data or "")

    @property
    def is_answered(self) -> bool:
        return self.answer.data in (GRANT, REFUSE)


class SignForm(VerdictForm):
    """The answer of whoever opens the link: the name and the capacity are kept with it."""

    name = _name()
    capacity = _capacity()

    def __init__(self, role: SignerRole, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.capacity.choices = _capacities(role)


class PaperForm(Form):
    """A paper that was signed, noted by somebody of the school."""

    name = _name()
    capacity = _capacity()
    signed_on = DayField(_l("Signé le"), validators=[DataRequired(_l("Indiquez la date de la signature."))])

    def __init__(self, role: SignerRole, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.capacity.choices = _capacities(role)
        for field in self:
            field.id = field.label.field_id = f"{field.short_name}-{role}"


class SendForm(Form):
    """Where to send the request; empty, where it is usually sent."""

    email = EmailField(
        _l("Adresse de qui signe"),
        filters=[clean_line],
        validators=[Optional(), at_most(254)],
        render_kw={"autocomplete": "off"},
    )
    validate_email = MailboxForm.validate_email

    def __init__(self, role: SignerRole, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email.id = self.email.label.field_id = f"email-{role}"


class CodeForm(Form):
    code = StringField(
        _l("Code à huit signes"),
        filters=[clean_line],
        validators=[DataRequired(_l("Écrivez le code que l’on vous a donné.")), at_most(40)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class CoachForm(Form):
    coach = RadioField(
        _l("Où en est le car ?"),
        choices=[SelectChoice(coach.value, COACH_WORDS[coach]) for coach in Coach],
        validators=[InputRequired(_l("Dites où en est le car."))],
    )
    on = DayField(_l("Demandé, ou commandé, le"), validators=[Optional()])
    leaves = HourField(_l("Départ du car"), validators=[Optional()])

    def plan(self) -> CoachStep:
        return CoachStep(Coach(self.coach.data), self.on.data, self.leaves.data)


class SpeakersForm(Form):
    """Who enters the school. Adults, and only until the visit is over."""

    speakers = TextAreaField(
        _l("Qui vient dans la classe ?"),
        filters=[clean_text],
        description=_l("Un nom par ligne. Le chef d’établissement les lit ; ils sont effacés après la visite."),
        validators=[at_most(1500)],
        render_kw={"rows": "3"},
    )
    show_identity = BooleanField(_l("Ils présenteront une pièce d’identité à l’accueil"), default=True)

    def names(self) -> list[str]:
        return [name[:120] for line in (self.speakers.data or "").splitlines() if (name := clean_line(line))]


class SchoolRulesForm(Form):
    """How a school authorises: first or not, and who signs beside its head's own account."""

    head_first = BooleanField(
        _l("Une réservation n’est ferme qu’après l’autorisation du chef d’établissement"),
        description=_l("Sinon, l’autorisation est demandée aussi, sans bloquer : un refus annule la réservation."),
    )
    head = EmailField(
        _l("Adresse du chef d’établissement pour les autorisations"),
        filters=[clean_line],
        description=_l("Vide, nous écrivons aux comptes de direction, sinon à l’adresse officielle."),
        validators=[Optional(), at_most(254)],
        render_kw={"autocomplete": "off"},
    )
    mayor = EmailField(
        _l("Mairie, si elle signe aussi"),
        filters=[clean_line],
        validators=[Optional(), at_most(254)],
        render_kw={"autocomplete": "off"},
    )
    inspector = EmailField(
        _l("Inspection, si elle signe aussi"),
        filters=[clean_line],
        validators=[Optional(), at_most(254)],
        render_kw={"autocomplete": "off"},
    )
    validate_head = validate_mayor = validate_inspector = MailboxForm.validate_email

    def emails(self) -> dict[SignerRole, str]:
        return {role: self[role.value].data or "" for role in SignerRole}
