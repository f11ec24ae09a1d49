"""What a teacher types to ask for dates, and a host to answer with one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms import BooleanField, SelectChoice, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Optional

from booking.bookings.rules.states import HOST_REASONS, REASON_WORDS
from booking.catalogue.rules.slots import MAX_ADULTS, MAX_CLASSES, MAX_PUPILS, Capacity
from booking.catalogue.services import SlotDraft
from booking.core.fields import ChoiceField, CountField, DayField, HourField, at_most, clean_text
from booking.core.forms import Form
from booking.core.i18n import _, _l, _n
from booking.matching.models import Need
from booking.matching.rules import HALF_WORDS, MOST_WISHES, Half, Wish
from booking.schools.models import Audience, SchoolClass

LONGEST_MESSAGE = 1000
LONGEST_NOTE = 500
# Bookings close so many days before the date, fewer when it is near.
USUAL_CLOSING_DAYS = 3
USUAL_HOURS = {Half.ANY: (9, 11), Half.MORNING: (9, 11), Half.AFTERNOON: (14, 16)}


class WishesForm(Form):
    """A class and up to three dates or periods; a period without end is a day."""

    class_id = ChoiceField(_l("Votre classe"), coerce=int)

    def __init__(self, classes: Sequence[SchoolClass], **kwargs: Any) -> None:
        # A prefix: the page of an activity holds another form that asks for a class.
        super().__init__(prefix="wish", **kwargs)
        self.class_id.choices = [SelectChoice(each.id, _class_words(each)) for each in classes]

    @property
    def rows(self) -> list[tuple[Any, Any, Any]]:
        """The three fields of each wish."""
        return [(self[f"first_on_{n}"], self[f"last_on_{n}"], self[f"half_{n}"]) for n in range(1, MOST_WISHES + 1)]

    def wishes(self) -> list[Wish]:
        """The dates as they were typed, once the form is valid; empty rows are left out."""
        return [
            Wish(first.data, last.data or first.data, Half(half.data))
            for first, last, half in self.rows
            if first.data is not None
        ]


def _class_words(school_class: SchoolClass) -> str:
    pupils = _n("%(num)d élève", "%(num)d élèves", school_class.pupils)
    if school_class.audience is Audience.STAFF:
        pupils = _n("%(num)d personne", "%(num)d personnes", school_class.pupils)
    return _("%(name)s – %(people)s", name=school_class.name, people=pupils)


def _needs_its_beginning(form: Any, field: Any) -> None:
    number = field.short_name.rpartition("_")[2]
    first = form[f"first_on_{number}"]
    if field.data and first.data is None and not first.errors:
        raise ValidationError(_("Indiquez aussi le début de cette période."))


# Three rows alike, in the order of the page.
for _number in range(1, MOST_WISHES + 1):
    setattr(WishesForm, f"first_on_{_number}", DayField(_l("Le, ou à partir du"), validators=[Optional()]))
    setattr(
        WishesForm,
        f"last_on_{_number}",
        DayField(_l("Jusqu’au (période)"), validators=[_needs_its_beginning, Optional()]),
    )
    setattr(
        WishesForm,
        f"half_{_number}",
        ChoiceField(
            _l("Moment"),
            choices=[SelectChoice(half.value, words) for half, words in HALF_WORDS.items()],
            default=Half.ANY.value,
        ),
    )
WishesForm.message = TextAreaField(
    _l("Message à l’entreprise"),
    filters=[clean_text],
    description=_l("Ce que la classe étudie, ce qu’elle aimerait voir. Ni nom d’élève, ni information de santé."),
    validators=[at_most(LONGEST_MESSAGE)],
    render_kw={"rows": "4"},
)


class OfferForm(Form):
    """The date that a host offers. Hours are local to the place."""

    day = DayField(_l("Jour"), validators=[InputRequired(_l("Choisissez un jour."))])
    start = HourField(_l("Début"), validators=[InputRequired(_l("Indiquez l’heure de début."))])
    end = HourField(_l("Fin"), validators=[InputRequired(_l("Indiquez l’heure de fin."))])
    max_classes = CountField(_l("Classes"), least=1, most=MAX_CLASSES, description=_l("Celle-ci comprise."))
    max_pupils = CountField(_l("Élèves"), least=1, most=MAX_PUPILS, description=_l("Toutes classes comprises."))
    adults_per_class = CountField(
        _l("Accompagnateurs"), least=0, most=MAX_ADULTS, description=_l("Demandés avec chaque classe.")
    )
    is_open_to_all = BooleanField(_l("Ouvrir les places qui restent à toutes les classes"))

    def draft(self, today: date) -> SlotDraft:
        """The slot as it was typed, once the form is valid. today: at the place."""
        day, start, end = self.day.data, self.start.data, self.end.data
        assert day is not None and start is not None and end is not None
        return SlotDraft(
            local_start=datetime.combine(day, start),
            local_end=datetime.combine(day, end),
            capacity=Capacity(self.max_classes.data or 0, self.max_pupils.data or 0, self.adults_per_class.data or 0),
            closes_days=max(0, min(USUAL_CLOSING_DAYS, (day - today).days - 1)),
        )


def offer_values(need: Need) -> dict[str, Any]:
    """What the form proposes: the first wish, for this class alone, with the adults it has."""
    wish = Wish.from_json(need.wishes[0])
    first, last = USUAL_HOURS[wish.half]
    day = next((d for d in _days_of(wish) if d.weekday() < 5), wish.first_on)
    asked = need.activity.adults_per_group if need.activity else 1
    return {
        "day": day,
        "start": time(first),
        "end": time(last),
        "max_classes": 1,
        "max_pupils": need.school_class.pupils,
        "adults_per_class": min(asked, need.school_class.adults),
    }


def _days_of(wish: Wish) -> list[date]:
    return [wish.first_on + timedelta(days=number) for number in range((wish.last_on - wish.first_on).days + 1)]


class DeclineForm(Form):
    """The firm's no: one reason of the list, and a few words."""

    reason = ChoiceField(_l("Raison"), default="", description=_l("Elle est transmise à l’enseignant."))
    note = TextAreaField(
        _l("Précision"), filters=[clean_text], validators=[at_most(LONGEST_NOTE)], render_kw={"rows": "3"}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = [
            SelectChoice("", _("Choisissez une raison")),
            *(SelectChoice(reason.value, REASON_WORDS[reason]) for reason in HOST_REASONS),
        ]
