"""What an administrator types to set an edition up. Hours are those of Paris."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from wtforms import BooleanField, HiddenField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from booking.catalogue.labelling.models import CriterionFact
from booking.catalogue.labelling.queries import criteria_of
from booking.catalogue.labelling.words import FACT_WORDS
from booking.catalogue.models import Edition
from booking.catalogue.rules.edition_words import FIELD_WORDS
from booking.catalogue.rules.editions import PARIS, CriterionDraft, EditionDraft
from booking.core.fields import ChoiceField, CountField, DayField, HourField, at_most, clean_line, clean_text
from booking.core.forms import Form
from booking.core.i18n import _, _l

MOST_CRITERIA = 8
_DAY_MISSING = _l("Indiquez ce jour.")


class EditionForm(Form):
    """An edition: its week, its window, when its bookings open, its rules, its label."""

    name = StringField(
        FIELD_WORDS["name"],
        description=_l("Comme on la nomme. Exemple : Semaine de l’industrie 2027."),
        filters=[clean_line],
        validators=[InputRequired(_l("Donnez un nom à l’édition.")), at_most(120)],
    )
    slug = StringField(
        _l("Nom dans les adresses"),
        description=_l("En minuscules, sans accent ni espace : novembre-2027. Il ne changera plus."),
        filters=[clean_line],
        validators=[InputRequired(_l("Donnez un nom pour les adresses."))],
    )
    theme = StringField(FIELD_WORDS["theme"], filters=[clean_line], validators=[at_most(200)])
    starts_on = DayField(FIELD_WORDS["starts_on"], validators=[InputRequired(_DAY_MISSING)])
    ends_on = DayField(FIELD_WORDS["ends_on"], validators=[InputRequired(_DAY_MISSING)])
    window_starts_on = DayField(
        FIELD_WORDS["window_starts_on"],
        description=_l("Vide : le premier jour de la semaine."),
        validators=[Optional()],
    )
    window_ends_on = DayField(
        FIELD_WORDS["window_ends_on"], description=_l("Vide : le dernier jour de la semaine."), validators=[Optional()]
    )
    is_permanent = BooleanField(
        FIELD_WORDS["is_permanent"],
        description=_l("Comme « Toute l’année » : le programme élargi ne limite pas les dates."),
    )
    dates_source = StringField(
        FIELD_WORDS["dates_source"],
        description=_l("Le texte ou l’annonce qui fixe ces jours."),
        filters=[clean_line],
        validators=[at_most(300)],
    )
    opens_day = DayField(
        _l("Les réservations ouvrent le"),
        description=_l("Vide : dès qu’un créneau est publié."),
        validators=[Optional()],
    )
    opens_hour = HourField(_l("À (heure de Paris)"), default=time(8), validators=[Optional()])
    bookings_per_school = CountField(
        FIELD_WORDS["bookings_per_school"], least=1, most=1000, required=False,
        description=_l("Vide : pas de limite. Ce qui est déjà réservé le reste."),
    )  # fmt: skip
    rules = TextAreaField(
        FIELD_WORDS["rules"],
        description=_l("Ce que les organisateurs demandent à tous."),
        filters=[clean_text],
        validators=[at_most(4000)],
        render_kw={"rows": 4},
    )
    allocation_enabled = BooleanField(
        _l("Permettre les tours d’attribution"),
        description=_l(
            "Les services peuvent répartir des places rares selon une règle annoncée. Un tour déjà ouvert se poursuit."
        ),
    )
    labelling_enabled = BooleanField(
        _l("Donner un label"),
        description=_l("Les entreprises le demandent, rectorat et préfecture répondent. Sans label, une demande déjà envoyée reçoit sa réponse."),
    )  # fmt: skip
    label_needs_both = BooleanField(_l("Attendre l’avis des deux, rectorat et préfecture"))
    seen = HiddenField(default="0")

    def validate(self, extra_validators: Any = None) -> bool:
        """Also refuses an opening day without its hour: an empty hour alone is no slip."""
        is_valid = bool(super().validate(extra_validators))
        if self.opens_day.data and not self.opens_hour.data and not self.opens_hour.errors:
            self.opens_hour.errors = [_("Indiquez l’heure d’ouverture.")]
            return False
        return is_valid

    @property
    def seen_change(self) -> int:
        text = self.seen.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1

    @property
    def criterion_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each criterion: its wording, its wording in English, what the service can say of it."""
        return [
            (self[f"criterion_{n}"], self[f"criterion_en_{n}"], self[f"fact_{n}"]) for n in range(1, MOST_CRITERIA + 1)
        ]

    def criteria(self) -> list[CriterionDraft]:
        """Every line, in its order, empty ones included."""
        return [CriterionDraft(fr.data or "", en.data or "", fact.data) for fr, en, fact in self.criterion_rows]

    def draft(self, slug: str = "") -> EditionDraft:
        """The edition as it was typed, once the form is valid. slug: of an edition that has one already."""
        starts_on, ends_on, day = self.starts_on.data, self.ends_on.data, self.opens_day.data
        assert starts_on is not None and ends_on is not None
        opens = datetime.combine(day, self.opens_hour.data or time(8), PARIS).astimezone(UTC) if day else None
        return EditionDraft(
            slug=slug or self.slug.data or "",
            name=self.name.data or "",
            starts_on=starts_on,
            ends_on=ends_on,
            window_starts_on=self.window_starts_on.data or starts_on,
            window_ends_on=self.window_ends_on.data or ends_on,
            theme=self.theme.data or "",
            bookings_open_at=opens,
            bookings_per_school=self.bookings_per_school.data,
            is_permanent=self.is_permanent.data,
            dates_source=self.dates_source.data or "",
            rules=self.rules.data or "",
            allocation_enabled=self.allocation_enabled.data,
            labelling_enabled=self.labelling_enabled.data,
            label_needs_both=self.label_needs_both.data,
        )


for _number in range(1, MOST_CRITERIA + 1):
    setattr(
        EditionForm,
        f"criterion_{_number}",
        StringField(_l("Critère %(number)d", number=_number), filters=[clean_line], validators=[at_most(200)]),
    )
    setattr(
        EditionForm,
        f"criterion_en_{_number}",
        StringField(
            _l("Critère %(number)d, en anglais", number=_number), filters=[clean_line], validators=[at_most(200)]
        ),
    )
    setattr(
        EditionForm,
        f"fact_{_number}",
        ChoiceField(
            _l("Ce que le service vérifie (critère %(number)d)", number=_number),
            choices=[SelectChoice(fact.value, words) for fact, words in FACT_WORDS.items()],
            default=CriterionFact.NONE.value,
        ),
    )

_KEPT = ("bookings_per_school", "rules", "allocation_enabled", "labelling_enabled", "label_needs_both")
_SHOWN = (
    "name", "theme", "starts_on", "ends_on", "window_starts_on", "window_ends_on", "is_permanent", "dates_source", *_KEPT,
)  # fmt: skip


def edition_values(edition: Edition, seen: int) -> dict[str, Any]:
    """The edition as the form shows it."""
    opens = edition.bookings_open_at.astimezone(PARIS) if edition.bookings_open_at else None
    values = {name: getattr(edition, name) for name in _SHOWN}
    hours = {"opens_day": opens.date(), "opens_hour": opens.time()} if opens else {}
    return {**values, **hours, **_criteria_values(edition), "seen": str(seen)}


def next_values(last: Edition | None) -> dict[str, Any]:
    """What a new edition starts from: the rules and the criteria of the last one, not its dates."""
    if last is None:
        return {}
    return {**{name: getattr(last, name) for name in _KEPT}, **_criteria_values(last)}


def _criteria_values(edition: Edition) -> dict[str, str]:
    values = {}
    for number, each in enumerate(criteria_of(edition.id)[:MOST_CRITERIA], start=1):
        values[f"criterion_{number}"] = each.wording
        values[f"criterion_en_{number}"] = each.wording_en
        values[f"fact_{number}"] = each.fact.value
    return values
