"""The shape of what teachers and hosts type about classes, bookings and slots. Rules decide; a form only reads."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectChoice,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import DataRequired, InputRequired

from booking.accounts.models import Person
from booking.bookings.guests import GuestClass
from booking.bookings.models import Booking
from booking.bookings.rules.states import HOST_REASONS, REASON_WORDS, TEACHER_REASONS, CancelReason, LinkRule
from booking.catalogue.models import Slot
from booking.core.dates import format_day
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
from booking.core.i18n import _, _l, _n
from booking.core.web import format_hours
from booking.schools.absences import Period
from booking.schools.classes import ClassValues, LevelNotHere
from booking.schools.models import Audience, School, SchoolClass
from booking.schools.queries import school_by_uai, search_schools
from booking.schools.reference import levels_for, subjects_for

MAX_PUPILS = 200
MAX_ADULTS = 40
MAX_ASSISTANTS = 20
# What most classes of this age come with: where the firm asks for more, its page says so.
USUAL_ADULTS = 2
SCHOOLS_SHOWN = 12
LONGEST_MESSAGE = 1000
LONGEST_NOTE = 500
LONGEST_KEY = 80
# Each booking of a group has the key with its number.
LONGEST_KEY_TOGETHER = 70


# ---- Classes


class ClassForm(Form):
    """A class or a group, once for all its bookings."""

    school_id = ChoiceField(_l("Établissement"), coerce=int)
    name = StringField(
        _l("Nom de la classe ou du groupe"),
        filters=[clean_line],
        description=_l("Par exemple 4e B, ou Ulis atelier bois. Jamais le nom d’un élève."),
        validators=[DataRequired(_l("Donnez un nom à la classe.")), at_most(60)],
        render_kw={"autocomplete": "off", "maxlength": "60"},
    )
    audience = RadioField(
        _l("Qui vient ?"),
        choices=[
            SelectChoice(Audience.PUPILS.value, _l("des élèves")),
            SelectChoice(Audience.STAFF.value, _l("un groupe d’enseignants ou de personnels, sans élèves")),
        ],
        default=Audience.PUPILS.value,
        validate_choice=False,
    )
    level_code = ChoiceField(_l("Niveau"), default="")
    subject_code = ChoiceField(
        _l("Discipline"), default="", description=_l("Elle sert à proposer des visites proches de votre cours.")
    )
    pupils = CountField(
        _l("Effectif"),
        least=1,
        most=MAX_PUPILS,
        description=_l("Le nombre de personnes du groupe, sans les accompagnateurs."),
    )
    adults = CountField(
        _l("Accompagnateurs"),
        most=MAX_ADULTS,
        required=False,
        default=USUAL_ADULTS,
        description=_l("Vous compris, sans les AESH."),
    )
    assistants = CountField(
        _l("AESH"),
        most=MAX_ASSISTANTS,
        required=False,
        default=0,
        description=_l("Ils viennent en plus des accompagnateurs."),
    )
    wheelchairs = CountField(
        _l("Élèves en fauteuil roulant"),
        most=MAX_PUPILS,
        required=False,
        default=0,
        description=_l("Pour vérifier l’accès des lieux avant de réserver."),
    )
    other_needs = StringField(
        _l("Autres besoins pratiques"),
        filters=[clean_line],
        description=_l(
            "Ce que l’accueil doit prévoir, par exemple « lieu calme pour une pause ». Ni nom d’élève, ni information de santé."
        ),
        validators=[at_most(200)],
        render_kw={"autocomplete": "off", "maxlength": "200"},
    )
    girls = CountField(
        _l("Nombre de filles"),
        most=MAX_PUPILS,
        required=False,
        description=_l("Pour les statistiques de l’académie seulement : l’entreprise ne le voit pas."),
    )

    def __init__(self, schools: Sequence[School], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schools = {school.id: school for school in schools}
        self.school_id.choices = [
            SelectChoice(school.id, _("%(name)s, %(commune)s", name=school.name, commune=school.commune_name))
            for school in schools
        ]
        if len(schools) == 1:
            self.school_id.data = schools[0].id
        self.level_code.choices = [SelectChoice("", _("Choisissez")), *_all_of(levels_for, schools)]
        self.subject_code.choices = [SelectChoice("", _("Non précisée")), *_all_of(subjects_for, schools)]

    def validate_audience(self, field: Field) -> None:
        if field.data not in set(Audience):
            raise ValidationError(_("Dites qui vient : des élèves ou un groupe de personnels."))

    @property
    def school(self) -> School:
        return self.schools[self.school_id.data]

    def values(self) -> ClassValues:
        """What was typed, once it is valid."""
        assert self.name.data is not None
        assert self.pupils.data is not None
        return ClassValues(
            name=self.name.data,
            audience=Audience(self.audience.data),
            level_code=self.level_code.data or None,
            subject_code=self.subject_code.data or None,
            pupils=self.pupils.data,
            adults=self.adults.data or 0,
            assistants=self.assistants.data or 0,
            wheelchairs=self.wheelchairs.data or 0,
            other_needs=self.other_needs.data or "",
            girls=self.girls.data,
        )


def _all_of(codes_of: Any, schools: Iterable[School]) -> list[SelectChoice]:
    """The levels, or subjects, of one or several schools, each once, in their official order."""
    labels = {one.code: one.label for school in schools for one in codes_of(school.kind)}
    return [SelectChoice(code, label) for code, label in labels.items()]


# ---- A booking


class BookForm(Form):
    """A class for a slot. `key` makes a second click return the first booking."""

    class_id = ChoiceField(_l("Votre classe"), coerce=int)
    adults = CountField(_l("Accompagnateurs"), most=MAX_ADULTS, description=_l("Vous compris, sans les AESH."))
    pupils = CountField(
        _l("Élèves pour cette visite"), least=1, most=MAX_PUPILS, required=False,
        description=_l("Seulement si toute la classe ne vient pas."),
    )  # fmt: skip
    message = TextAreaField(
        _l("Message à l’entreprise"),
        filters=[clean_text],
        description=_l("Ce que la classe étudie, ce qu’elle aimerait voir. Ni nom d’élève, ni information de santé."),
        validators=[at_most(LONGEST_MESSAGE)],
        render_kw={"rows": "4", "maxlength": str(LONGEST_MESSAGE)},
    )
    key = HiddenField(filters=[clean_line])
    # Two buttons send the form: one books, the other only keeps the places for some days.
    as_option = HiddenField()

    def __init__(self, classes: Sequence[SchoolClass], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.class_id.choices = [SelectChoice(one.id, class_words(one)) for one in classes]
        if not self.key.data or len(self.key.data) > LONGEST_KEY:
            self.renew_key()

    @property
    def wants_option(self) -> bool:
        return self.as_option.data == "yes"

    def renew_key(self) -> None:
        """Another key: the next submission is another request."""
        self.key.data = secrets.token_urlsafe(18)


def class_words(school_class: SchoolClass, named: bool = True) -> str:
    """« 4e B – 27 élèves, 3 accompagnateurs »; the counts alone when not named."""
    if school_class.audience is Audience.STAFF:
        people = _n("%(num)d personne", "%(num)d personnes", school_class.pupils)
    else:
        pupils = _n("%(num)d élève", "%(num)d élèves", school_class.pupils)
        adults = _n("%(num)d accompagnateur", "%(num)d accompagnateurs", school_class.adults)
        people = _("%(pupils)s, %(adults)s", pupils=pupils, adults=adults)
    return _("%(name)s – %(people)s", name=school_class.name, people=people) if named else people


def _reasons(reasons: Iterable[CancelReason]) -> list[SelectChoice]:
    return [
        SelectChoice("", _("Choisissez une raison")),
        *(SelectChoice(reason.value, REASON_WORDS[reason]) for reason in reasons),
    ]


class ReasonForm(Form):
    """One reason of a list and a few words, for a refusal or a cancellation. Ids carry `about`: a page may hold several."""

    reasons: tuple[CancelReason, ...] = HOST_REASONS

    reason = ChoiceField(_l("Raison"), default="", description=_l("Elle est transmise à l’autre partie."))
    note = TextAreaField(
        _l("Précision"),
        filters=[clean_text],
        validators=[at_most(LONGEST_NOTE)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_NOTE)},
    )

    def __init__(self, *args: Any, about: Booking | Slot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = _reasons(self.reasons)
        if about is not None:
            for field in (self.reason, self.note):
                field.id = field.label.field_id = f"{field.short_name}-{about.id}"


class TeacherCancelForm(ReasonForm):
    reasons = TEACHER_REASONS


class HostCancelForm(ReasonForm):
    pass


class SlotCancelForm(ReasonForm):
    pass


class AnswerForm(ReasonForm):
    """The host's yes or no to a request; the reason is for the no."""

    ANSWERS = ("accept", "decline")

    answer = HiddenField(default="decline")

    def validate_answer(self, field: Field) -> None:
        if field.data not in self.ANSWERS:
            raise ValidationError(_("Répondez par « Accepter » ou « Refuser »."))

    @property
    def accepts(self) -> bool:
        return self.answer.data == "accept"


class MoveForm(Form):
    """Another date or other hours for a slot, local to its place."""

    day = DayField(_l("Nouvelle date"), validators=[InputRequired(_l("Indiquez la date."))])
    start = HourField(_l("Début"), validators=[InputRequired(_l("Indiquez l’heure de début."))])
    end = HourField(_l("Fin"), validators=[InputRequired(_l("Indiquez l’heure de fin."))])
    note = TextAreaField(
        _l("Mot aux classes"),
        filters=[clean_text],
        description=_l("Il accompagne le message que chaque classe reçoit."),
        validators=[at_most(LONGEST_NOTE)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_NOTE)},
    )

    def times(self) -> tuple[datetime, datetime]:
        """The wall-clock start and end, once they are valid."""
        day, start, end = self.day.data, self.start.data, self.end.data
        assert isinstance(day, date)
        assert isinstance(start, time)
        assert isinstance(end, time)
        return datetime.combine(day, start), datetime.combine(day, end)


# ---- The waiting list


class WaitForm(Form):
    """The dates of an activity that would do, and who would come."""

    slots = MultiCheckboxField(
        _l("Dates qui conviennent"),
        coerce=int,
        description=_l("Accepter l’une d’elles met fin à l’attente pour les autres."),
    )
    adults = CountField(_l("Accompagnateurs"), most=MAX_ADULTS, description=_l("Vous compris, sans les AESH."))
    pupils = CountField(
        _l("Élèves pour cette visite"), least=1, most=MAX_PUPILS, required=False,
        description=_l("Seulement si toute la classe ne vient pas."),
    )  # fmt: skip

    def __init__(self, slots: Sequence[Slot], asked: Slot, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = asked
        self.slots.choices = [
            SelectChoice(each.id, f"{format_day(each.local_start)}, {format_hours(each)}") for each in slots
        ]
        if not self.is_submitted():
            self.slots.data = [asked.id]

    def validate_slots(self, field: Field) -> None:
        if len(self.slots.choices) > 1 and not field.data:
            raise ValidationError(_("Cochez une date au moins."))

    def slot_ids(self) -> list[int]:
        """With one date there is nothing to tick."""
        return self.slots.data or [self.asked.id]


# ---- Absences


class AbsenceForm(Form):
    """Days when a class, or the school, cannot come."""

    first_on = DayField(_l("Premier jour"), validators=[InputRequired(_l("Indiquez le premier jour."))])
    last_on = DayField(_l("Dernier jour"), validators=[InputRequired(_l("Indiquez le dernier jour."))])
    reason = StringField(
        _l("Raison"),
        filters=[clean_line],
        description=_l("Par exemple : stage, brevet blanc. Aucun nom d’élève."),
        validators=[at_most(100)],
        render_kw={"maxlength": "100"},
    )

    def period(self) -> Period:
        """What was said, once it is valid."""
        first_on, last_on = self.first_on.data, self.last_on.data
        assert isinstance(first_on, date)
        assert isinstance(last_on, date)
        return Period(first_on, last_on, self.reason.data or "")


# ---- Going


class HeirForm(Form):
    """The colleague who takes over; nobody is an answer where nothing is left behind."""

    heir = ChoiceField(_l("Collègue qui prend la suite"), default="")

    def __init__(self, colleagues: Sequence[Person], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.heir.choices = [
            SelectChoice("", _("Choisissez")),
            *(SelectChoice(str(person.id), person.name) for person in colleagues),
        ]

    @property
    def heir_id(self) -> int | None:
        return int(self.heir.data) if self.heir.data else None


class CloseForm(Form):
    """Closing an account is asked twice: a box, then the button."""

    sure = BooleanField(
        _l("Je ferme mon compte pour de bon"), validators=[InputRequired(_l("Cochez la case pour fermer le compte."))]
    )


# ---- Several classes together


class TogetherForm(Form):
    """Several classes that come together: for each one a slot of the day, or none, and its adults (see together_form)."""

    rule = RadioField(
        _l("Si l’une des réservations n’aboutit pas"),
        choices=[
            SelectChoice(LinkRule.BOTH_OR_NEITHER.value, _l("toutes ou aucune : les autres sont annulées aussi")),
            SelectChoice(LinkRule.ASK.value, _l("me demander : les autres restent, et la page vous pose la question")),
        ],
        default=LinkRule.BOTH_OR_NEITHER.value,
        validate_choice=False,
    )
    message = TextAreaField(
        _l("Message à l’entreprise"),
        filters=[clean_text],
        description=_l("Le même pour toutes. Ni nom d’élève, ni information de santé."),
        validators=[at_most(LONGEST_MESSAGE)],
        render_kw={"rows": "3", "maxlength": str(LONGEST_MESSAGE)},
    )
    key = HiddenField(filters=[clean_line])
    as_option = HiddenField()

    # By class id, as `together_form` was given them.
    classes: Mapping[int, SchoolClass] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.key.data or len(self.key.data) > LONGEST_KEY_TOGETHER:
            self.renew_key()

    def validate_rule(self, field: Field) -> None:
        if field.data not in set(LinkRule):
            raise ValidationError(_("Choisissez une des possibilités de la liste."))

    def chosen(self) -> dict[int, tuple[int, int | None]]:
        """Slot id and adults of each class that comes, by class id. Values that are none are left out."""
        picked = {}
        for class_id in self.classes:
            slot, adults = self._fields[f"slot_{class_id}"], self._fields[f"adults_{class_id}"]
            if slot.data and not slot.errors:
                picked[class_id] = (int(slot.data), None if adults.errors else adults.data)
        return picked

    @property
    def wants_option(self) -> bool:
        return self.as_option.data == "yes"

    def renew_key(self) -> None:
        self.key.data = secrets.token_urlsafe(18)


def together_form(classes: Sequence[SchoolClass], slots: Sequence[Slot], first: SchoolClass | None) -> TogetherForm:
    """The form for these classes on these slots of one day. first: the class that comes for sure, on the first slot."""
    hours = [SelectChoice(str(slot.id), format_hours(slot)) for slot in slots]
    fields: dict[str, Any] = {"classes": {each.id: each for each in classes}}
    for each in classes:
        fields[f"slot_{each.id}"] = ChoiceField(
            each.name,
            choices=[SelectChoice("", _l("ne vient pas")), *hours],
            default=str(slots[0].id) if each == first and slots else "",
        )
        fields[f"adults_{each.id}"] = CountField(
            _l("Accompagnateurs de la %(name)s", name=each.name), most=MAX_ADULTS, required=False, default=each.adults
        )
    return type("TogetherForm", (TogetherForm,), fields)()


# ---- A class that is not saved


class GuestForm(Form):
    """A class typed without an account, sent in the address: its school, searched then picked; its level, its numbers."""

    school = StringField(
        _l("Votre établissement"),
        filters=[clean_line],
        validators=[DataRequired(_l("Indiquez votre établissement.")), at_most(200)],
        render_kw={"autocomplete": "off", "maxlength": "200", "placeholder": _l("Nom, commune ou code UAI")},
    )
    uai = RadioField(_l("Lequel de ces établissements ?"), choices=[], validate_choice=False)
    class_level = ChoiceField(_l("Niveau"), default="")
    pupils = CountField(_l("Élèves"), least=1, most=MAX_PUPILS, required=_l("Indiquez le nombre d’élèves."))
    adults = CountField(_l("Accompagnateurs"), most=MAX_ADULTS, required=False, default=USUAL_ADULTS)
    next = HiddenField()
    # What was searched when the schools found were shown: not choosing is then a slip, before that it is a step.
    asked = HiddenField(filters=[clean_line])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, meta={"csrf": False}, **kwargs)
        self.was_asked = bool(self.asked.data) and self.asked.data == self.school.data
        self.asked.data = self.school.data
        self.class_level.choices = [SelectChoice("", _("Choisissez")), *_levels_by_cycle()]
        self.found = _schools_named(self.school.data or "")
        self.uai.choices = [SelectChoice(uai, school.one_line) for uai, school in self.found.items()]
        # Other forms of the same page have fields of these names.
        for field in self:
            field.id = field.label.field_id = f"guest-{field.short_name}"

    @property
    def chosen_school(self) -> School | None:
        """The one picked of those found, or the only one."""
        only = next(iter(self.found.values())) if len(self.found) == 1 else None
        return self.found.get(self.uai.data or "", only)

    def validate_school(self, field: Field) -> None:
        if not self.found:
            raise ValidationError(
                _(
                    "Aucun établissement ne répond à «\u00a0%(text)s\u00a0»\u00a0: essayez la commune seule.",
                    text=field.data,
                )
            )

    def validate_uai(self, field: Field) -> None:
        if self.found and self.chosen_school is None and self.was_asked:
            raise ValidationError(_("Choisissez votre établissement dans la liste."))

    def validate_class_level(self, field: Field) -> None:
        school = self.chosen_school
        if not field.data:
            raise ValidationError(_("Choisissez le niveau de la classe."))
        if school and field.data not in {level.code for level in levels_for(school.kind)}:
            raise ValidationError(LevelNotHere().message)

    def guest(self) -> GuestClass:
        """The class, once it is valid."""
        assert self.chosen_school is not None
        assert self.pupils.data is not None
        adults = USUAL_ADULTS if self.adults.data is None else self.adults.data
        return GuestClass(self.chosen_school, self.class_level.data, self.pupils.data, adults)


def _schools_named(text: str) -> dict[str, School]:
    """The schools that a search finds, by UAI; the very one when its UAI was typed, as its full name holds it."""
    for uai in re.findall(r"\b[0-9]{7}[A-Za-z]\b", text)[:1]:
        if school := school_by_uai(uai):
            return {school.uai: school}
    return {school.uai: school for school in search_schools(text[:120], SCHOOLS_SHOWN)} if text else {}


def _levels_by_cycle() -> list[SelectChoice]:
    levels = sorted(levels_for(), key=lambda level: not level.cycle)
    return [SelectChoice(level.code, level.label, optgroup=level.cycle or _("Autres")) for level in levels]


class NewClassBookForm(ClassForm):
    """A class saved and booked at once: what a visitor typed, and a name. `key` as in BookForm."""

    key = HiddenField(filters=[clean_line])
    as_option = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.key.data or len(self.key.data) > LONGEST_KEY:
            self.key.data = secrets.token_urlsafe(18)

    @property
    def wants_option(self) -> bool:
        return self.as_option.data == "yes"
