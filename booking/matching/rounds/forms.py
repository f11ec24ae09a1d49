"""What an officer types to make a round, and a teacher to complain of one. Hours are those of Paris."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired

from booking.catalogue.models import ActivityKind, Edition
from booking.catalogue.rules.wording import KINDS_WORDS
from booking.core.fields import (
    ChoiceField,
    CountField,
    DayField,
    HourField,
    MultiCheckboxField,
    at_most,
    clean_line,
    clean_text,
)
from booking.core.forms import Form
from booking.core.i18n import _l
from booking.matching.board.rules import KINDS
from booking.matching.rounds.models import AllocationRound
from booking.matching.rounds.rules import (
    GROUP_WORDS,
    MOST_PER_CLASS,
    MOST_PER_SCHOOL,
    MOST_WEIGHT,
    MOST_WISHES,
    USUAL_WEIGHTS,
    Group,
    Weights,
)
from booking.matching.rounds.services import RoundDraft
from booking.territory.models import Departement

PARIS = ZoneInfo("Europe/Paris")
LONGEST_COMPLAINT = 1000


class RoundForm(Form):
    """The rule of a round: which slots, until when, how many wishes and places, and who comes first."""

    name = StringField(
        _l("Nom du tour"),
        description=_l("Ce que liront les enseignants. Exemple : places de janvier en Essonne."),
        filters=[clean_line],
        validators=[InputRequired(_l("Donnez un nom au tour.")), at_most(120)],
    )
    edition_id = ChoiceField(_l("Édition"), coerce=int)
    departements = MultiCheckboxField(
        _l("Départements"), description=_l("Où les visites ont lieu. Aucune case : tout votre territoire.")
    )
    kinds = MultiCheckboxField(
        _l("Genres d’activité"), description=_l("Aucune case : tous ceux que les classes réservent.")
    )
    first_on = DayField(_l("Visites à partir du"), validators=[InputRequired(_l("Indiquez le premier jour."))])
    last_on = DayField(_l("Jusqu’au"), validators=[InputRequired(_l("Indiquez le dernier jour."))])
    deadline_day = DayField(
        _l("Clôture des vœux, le"), validators=[InputRequired(_l("Indiquez quand les vœux se closent."))]
    )
    deadline_hour = HourField(_l("À"), default=time(18), validators=[InputRequired(_l("Indiquez l’heure."))])
    most_wishes = CountField(_l("Vœux par classe, au plus"), least=1, most=MOST_WISHES, default=5)
    per_class = CountField(_l("Places par classe, au plus"), least=1, most=MOST_PER_CLASS, default=1)
    per_school = CountField(
        _l("Places par établissement, au plus"), least=1, most=MOST_PER_SCHOOL, required=False,
        description=_l("Vide : pas de limite."),
    )  # fmt: skip
    complaint_days = CountField(_l("Jours pour réclamer"), least=1, most=30, default=7)
    base = CountField(_l("Chaque classe"), least=1, most=MOST_WEIGHT, default=USUAL_WEIGHTS.base)
    rural_below = CountField(
        _l("Rurale : commune de moins de … habitants"), least=100, most=20_000, default=USUAL_WEIGHTS.rural_below
    )
    small_below = CountField(
        _l("Petit : établissement de moins de … élèves"), least=10, most=2000, default=USUAL_WEIGHTS.small_below
    )

    def __init__(self, editions: Sequence[Edition], departements: Sequence[Departement], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.edition_id.choices = [SelectChoice(each.id, each.name) for each in editions]
        self.departements.choices = [SelectChoice(each.code, f"{each.code} – {each.name}") for each in departements]
        self.kinds.choices = [SelectChoice(kind.value, KINDS_WORDS[kind]) for kind in KINDS]

    @property
    def weight_fields(self) -> list[Any]:
        """What each group adds, in the order of the page."""
        return [self[group.value] for group in Group]

    def draft(self, territory: str, within: list[str] | None) -> RoundDraft:
        """The round as it was typed, once the form is valid. territory, within: the officer's, when no box is ticked."""
        first_on, last_on, day, hour = (
            self.first_on.data,
            self.last_on.data,
            self.deadline_day.data,
            self.deadline_hour.data,
        )
        assert first_on is not None and last_on is not None and day is not None and hour is not None
        chosen = list(self.departements.data or ())
        names = {choice.value: choice.label for choice in self.departements.choices or ()}
        return RoundDraft(
            edition_id=self.edition_id.data,
            name=self.name.data or "",
            territory=", ".join(str(names[code]) for code in chosen)[:160] if chosen else territory,
            departements=chosen or within,
            kinds=[ActivityKind(kind).value for kind in self.kinds.data or ()],
            first_on=first_on,
            last_on=last_on,
            deadline_at=datetime.combine(day, hour, PARIS).astimezone(UTC),
            most_wishes=self.most_wishes.data or 1,
            per_class=self.per_class.data or 1,
            per_school=self.per_school.data,
            complaint_days=self.complaint_days.data or 1,
            weights=Weights(
                base=self.base.data or 1,
                rural_below=self.rural_below.data or 0,
                small_below=self.small_below.data or 0,
                **{group.value: self[group.value].data or 0 for group in Group},
            ),
        )


for _group in Group:
    setattr(
        RoundForm,
        _group.value,
        CountField(GROUP_WORDS[_group], least=0, most=MOST_WEIGHT, default=USUAL_WEIGHTS.of(_group)),
    )


def round_values(each: AllocationRound) -> dict[str, Any]:
    """The round as the form shows it."""
    names = (
        "name", "edition_id", "departements", "kinds", "first_on", "last_on", "most_wishes", "per_class", "per_school",
        "complaint_days",
    )  # fmt: skip
    closes = each.deadline_at.astimezone(PARIS)
    values = {name: getattr(each, name) for name in names}
    return {**values, **each.weights, "deadline_day": closes.date(), "deadline_hour": closes.time()}


class ComplaintForm(Form):
    """What is wrong with the result."""

    words = TextAreaField(
        _l("Votre réclamation"),
        description=_l("Dites ce qui vous paraît faux : une donnée de la classe, un poids, une place. Ni nom d’élève, ni information de santé."),
        filters=[clean_text],
        validators=[InputRequired(_l("Écrivez votre réclamation.")), at_most(LONGEST_COMPLAINT)],
        render_kw={"rows": "4"},
    )  # fmt: skip


class AnswerForm(Form):
    """The officer's answer to a complaint."""

    answer = TextAreaField(
        _l("Votre réponse"),
        filters=[clean_text],
        validators=[InputRequired(_l("Écrivez la réponse.")), at_most(LONGEST_COMPLAINT)],
        render_kw={"rows": "3"},
    )
