"""What hosts type: an activity in one page, a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from babel.dates import get_day_names
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from booking.catalogue.choices import language_choices, level_choices, sector_choices, subject_choices
from booking.catalogue.models import Activity, ActivityKind, ConfirmationMode, Edition, Slot, SlotAudience
from booking.catalogue.rules.activities import LENGTHS, RANGES, ActivityDraft
from booking.catalogue.rules.series import decision_day, series_of
from booking.catalogue.rules.slots import (
    LONGEST_CLOSING_DAYS,
    LONGEST_OPENING_DAYS,
    MAX_ADULTS,
    MAX_CLASSES,
    MAX_PUPILS,
    Capacity,
)
from booking.catalogue.rules.wording import KIND_WORDS
from booking.catalogue.services import SlotDraft, slot_draft_of
from booking.companies.models import Company
from booking.core.fields import (
    NOT_IN_LIST,
    ChoiceField,
    CountField,
    DayField,
    HourField,
    MultiCheckboxField,
    at_most,
    clean_line,
)
from booking.core.forms import Form
from booking.core.i18n import _, _l, current_language
from booking.schools.models import School

YES, NO, UNKNOWN = "yes", "no", ""
ACCESS_CHOICES = [
    SelectChoice(UNKNOWN, _l("Je ne sais pas")),
    SelectChoice(YES, _l("Oui")),
    SelectChoice(NO, _l("Non")),
]
ACCESS_FIELDS = ("access_motor", "access_visual", "access_hearing", "access_mental")
MEANINGS = {YES: True, NO: False, UNKNOWN: None}


def _needed(message: Any) -> InputRequired:
    return InputRequired(message)


def _text(name: str) -> dict[str, Any]:
    """The limit of a text and its hint. No maxlength: a browser would cut what is pasted without a word."""
    most = LENGTHS[name]
    message = _l("Ce texte est trop long : %(most)d signes au plus.", most=most)
    return {"validators": [Optional(), Length(max=most, message=message)], "filters": [_stripped]}


def _number(name: str, *, needed: bool = False) -> dict[str, Any]:
    least, most = RANGES[name]
    return {"least": least, "most": most, "required": needed}


def _stripped(text: str | None) -> str:
    # As browsers send them, line ends count twice.
    return (text or "").replace("\r\n", "\n").strip()


class ActivityForm(Form):
    """An activity in one page. Numbers and lengths are checked here; the rest by the rules of the catalogue."""

    # What
    kind = RadioField(
        _l("Que proposez-vous ?"),
        choices=[SelectChoice(kind.value, words) for kind, words in KIND_WORDS.items()],
        coerce=str,
        validators=[_needed(_l("Choisissez ce que vous proposez."))],
        invalid_choice_message=NOT_IN_LIST,
    )
    title = StringField(
        _l("Titre"),
        description=_l("Ce que la classe va vivre, en %(most)d signes au plus.", most=LENGTHS["title"]),
        filters=[_stripped],
        validators=[
            _needed(_l("Donnez un titre à l’activité.")),
            Length(max=LENGTHS["title"], message=_l("Ce titre est trop long : %(max)d signes au plus.")),
        ],
    )
    summary = TextAreaField(
        _l("Résumé"),
        description=_l(
            "Une ou deux phrases pour le programme, %(most)d signes au plus. Il le faut pour publier.",
            most=LENGTHS["summary"],
        ),
        render_kw={"rows": 3},
        **_text("summary"),
    )
    description = TextAreaField(
        _l("Description"),
        description=_l(
            "Ce que fera la classe, étape par étape, et avec qui. %(most)d signes au plus. Il la faut pour publier.",
            most=LENGTHS["description"],
        ),
        render_kw={"rows": 9},
        **_text("description"),
    )
    sector = ChoiceField(_l("Secteur"), validators=[_needed(_l("Choisissez un secteur."))])
    all_levels = BooleanField(_l("Tous niveaux"))
    levels = MultiCheckboxField(_l("Niveaux"))
    subjects = MultiCheckboxField(_l("Disciplines concernées"))
    languages = MultiCheckboxField(_l("Langues parlées pendant l’activité"))
    # Where
    site_id = ChoiceField(_l("Site"), coerce=int, validators=[_needed(_l("Choisissez un site."))])
    area_km = CountField(
        _l("Vous vous déplacez jusqu’à (km)"),
        description=_l("Pour un atelier en classe : la distance depuis ce site, %(most)d km au plus.", most=300),
        **_number("area_km"),
    )
    access = TextAreaField(
        _l("Comment venir"),
        description=_l("Entrée, dépose du car, transports en commun. %(most)d signes au plus.", most=LENGTHS["access"]),
        render_kw={"rows": 3},
        **_text("access"),
    )
    parking = TextAreaField(
        _l("Stationnement"),
        description=_l("Où le car attend. %(most)d signes au plus.", most=LENGTHS["parking"]),
        render_kw={"rows": 2},
        **_text("parking"),
    )
    # Practical
    access_motor = ChoiceField(_l("Fauteuil roulant"), choices=ACCESS_CHOICES, validators=[Optional()])
    access_visual = ChoiceField(_l("Élèves malvoyants"), choices=ACCESS_CHOICES, validators=[Optional()])
    access_hearing = ChoiceField(_l("Élèves malentendants"), choices=ACCESS_CHOICES, validators=[Optional()])
    access_mental = ChoiceField(_l("Handicap mental ou psychique"), choices=ACCESS_CHOICES, validators=[Optional()])
    access_note = StringField(
        _l("À préciser sur l’accessibilité"),
        description=_l("%(most)d signes au plus.", most=LENGTHS["access_note"]),
        **_text("access_note"),
    )
    group_size_max = CountField(
        _l("Élèves par groupe, au plus"),
        description=_l("Le plus grand groupe que vous pouvez guider à la fois."),
        **_number("group_size_max"),
    )
    adults_per_group = CountField(
        _l("Accompagnateurs par groupe"),
        description=_l("Ceux que vous demandez à l’établissement."),
        **_number("adults_per_group", needed=True),
        default=1,
    )
    equipment = TextAreaField(
        _l("Équipements de protection prêtés"),
        description=_l("Casques, lunettes, gilets. %(most)d signes au plus.", most=LENGTHS["equipment"]),
        render_kw={"rows": 2},
        **_text("equipment"),
    )
    to_bring = TextAreaField(
        _l("À apporter ou à prévoir"),
        description=_l("En classe : vidéoprojecteur, salle. %(most)d signes au plus.", most=LENGTHS["to_bring"]),
        render_kw={"rows": 2},
        **_text("to_bring"),
    )
    clothing = TextAreaField(
        _l("Tenue"),
        description=_l("Chaussures fermées, cheveux attachés. %(most)d signes au plus.", most=LENGTHS["clothing"]),
        render_kw={"rows": 2},
        **_text("clothing"),
    )
    minimum_age = CountField(_l("Âge minimum (ans)"), **_number("minimum_age"))
    photo_rule = StringField(
        _l("Photographies"),
        description=_l(
            "Sans précision : aucun élève reconnaissable. %(most)d signes au plus.", most=LENGTHS["photo_rule"]
        ),
        **_text("photo_rule"),
    )
    identity_check = BooleanField(_l("L’entrée demande une pièce d’identité"))
    identity_notice_days = CountField(
        _l("Identités à donner combien de jours avant ?"), **_number("identity_notice_days")
    )
    # Booking
    edition_id = ChoiceField(_l("Édition"), coerce=int, validators=[_needed(_l("Choisissez une édition."))])
    confirmation = RadioField(
        _l("Comment une réservation est-elle confirmée ?"),
        choices=[
            SelectChoice(ConfirmationMode.APPROVAL.value, _l("Je réponds à chaque demande")),
            SelectChoice(ConfirmationMode.INSTANT.value, _l("Aussitôt, tant qu’il reste des places")),
        ],
        default=ConfirmationMode.APPROVAL.value,
        validators=[_needed(_l("Choisissez comment une réservation est confirmée."))],
        invalid_choice_message=NOT_IN_LIST,
    )
    answer_days = CountField(
        _l("Réponse (jours ouvrés)"),
        description=_l("Votre délai ; ensuite la demande expire."),
        **_number("answer_days", needed=True),
        default=5,
    )
    waits_for_head = BooleanField(
        _l("Je réponds une fois la sortie autorisée par le chef d’établissement"),
        description=_l("Il est alors sollicité d’abord ; votre délai part avec son autorisation."),
    )
    option_days = CountField(
        _l("Option (jours d’école)"),
        description=_l("Le temps de consulter le chef d’établissement et le car."),
        **_number("option_days", needed=True),
        default=5,
    )
    cancellation_days = CountField(
        _l("Annulation (jours avant)"),
        description=_l("Libre jusque-là ; ensuite on vous demande."),
        **_number("cancellation_days", needed=True),
        default=7,
    )
    dates_to_agree = BooleanField(_l("Dates à convenir : une classe peut me proposer ses dates"))
    yearly_cap = CountField(
        _l("Classes par an, au plus"),
        description=_l("Pour les dates à convenir."),
        **_number("yearly_cap"),
    )
    contact_id = ChoiceField(
        _l("Personne à contacter"), coerce=int, validators=[_needed(_l("Choisissez qui les classes contactent."))]
    )

    def __init__(
        self, company: Company, members: list[tuple[int, str]], editions: list[Edition], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.sector.choices = _choices([("", _("Choisissez")), *sector_choices()])
        self.levels.choices = _choices(level_choices())
        self.subjects.choices = _choices(subject_choices())
        self.languages.choices = _choices(language_choices())
        self.site_id.choices = [
            SelectChoice(site.id, f"{site.name}, {site.address}, {site.commune_name}") for site in company.sites
        ]
        self.contact_id.choices = _choices(members)
        self.edition_id.choices = [SelectChoice(edition.id, edition.name) for edition in editions]

    def draft(self) -> ActivityDraft:
        """The activity as it was typed, once the form is valid."""
        texts: dict[str, Any] = {name: getattr(self, name).data or "" for name in LENGTHS}
        numbers: dict[str, Any] = {name: getattr(self, name).data for name in RANGES}
        access: dict[str, Any] = {name: MEANINGS[getattr(self, name).data or UNKNOWN] for name in ACCESS_FIELDS}
        return ActivityDraft(
            kind=ActivityKind(self.kind.data),
            confirmation=ConfirmationMode(self.confirmation.data),
            sector=self.sector.data,
            edition_id=self.edition_id.data,
            site_id=self.site_id.data,
            contact_id=self.contact_id.data,
            all_levels=self.all_levels.data,
            levels=tuple(self.levels.data or ()),
            subjects=tuple(self.subjects.data or ()),
            languages=tuple(self.languages.data or ()),
            identity_check=self.identity_check.data,
            waits_for_head=self.waits_for_head.data,
            dates_to_agree=self.dates_to_agree.data,
            **access,
            **texts,
            **numbers,
        )


def _choices(pairs: Sequence[tuple[Any, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, words) for value, words in pairs]


def activity_values(activity: Activity) -> dict[str, Any]:
    """What the form shows of an existing activity."""
    meanings = {value: word for word, value in MEANINGS.items()}
    names = (*LENGTHS, *RANGES, "sector", "edition_id", "site_id", "contact_id", "subjects", "languages")
    return {
        **{name: getattr(activity, name) for name in (*names, "identity_check", "waits_for_head", "dates_to_agree")},
        **{name: meanings[getattr(activity, name)] for name in ACCESS_FIELDS},
        "kind": activity.kind.value,
        "confirmation": activity.confirmation.value,
        "levels": activity.level_codes,
        "all_levels": not activity.levels,
    }


class _Weekdays(Form):
    """Which days, when there are several. They come before the hours, on the page and in the summary of mistakes."""

    first_on = DayField(_l("Du"), validators=[Optional()])
    last_on = DayField(_l("Au"), validators=[Optional()])
    weekdays = MultiCheckboxField(_l("Chaque"), coerce=int, validators=[Optional()])
    dates = TextAreaField(
        _l("Ou bien des dates"),
        description=_l("Une par ligne, par exemple 12/01/2027. Elles s’ajoutent à la série du dessus."),
        filters=[_stripped],
        validators=[Length(max=2000, message=_l("Ce texte est trop long : %(max)d signes au plus."))],
        render_kw={"rows": 4},
    )


# Pupils of a class, for want of knowing better.
USUAL_CLASS = 30


class _OneDay(Form):
    day = DayField(_l("Jour"), validators=[_needed(_l("Choisissez un jour."))])


class _HoursAndPlaces(Form):
    """What all slots say, alone or in a series. Hours are local to the place."""

    start = HourField(_l("Début"), validators=[_needed(_l("Indiquez l’heure de début."))])
    end = HourField(_l("Fin"), validators=[_needed(_l("Indiquez l’heure de fin."))])
    max_classes = CountField(
        _l("Classes"),
        description=_l("Accueillies ensemble."),
        least=1,
        most=MAX_CLASSES,
        required=_l("Indiquez un nombre de classes."),
        default=1,
    )
    max_pupils = CountField(
        _l("Élèves"),
        description=_l("Toutes classes comprises."),
        least=1,
        most=MAX_PUPILS,
        required=_l("Indiquez un nombre d’élèves."),
        default=USUAL_CLASS,
    )
    adults_per_class = CountField(
        _l("Accompagnateurs"),
        description=_l("Demandés avec chaque classe."),
        least=0,
        most=MAX_ADULTS,
        required=_l("Indiquez un nombre d’accompagnateurs."),
        default=2,
    )
    opens_days = CountField(
        _l("Ouverture (jours avant)"),
        description=_l("Vide : tout de suite. Sinon, à 8 h ce jour-là."),
        least=1,
        most=LONGEST_OPENING_DAYS,
        required=False,
    )
    closes_days = CountField(
        _l("Clôture (jours avant)"),
        description=_l("À 18 h ce jour-là. 0 : jusqu’au début."),
        least=0,
        most=LONGEST_CLOSING_DAYS,
        required=_l("Indiquez un nombre de jours."),
        default=3,
    )
    audience = RadioField(
        _l("Qui peut réserver ?"),
        choices=[
            SelectChoice(SlotAudience.ALL.value, _l("Toutes les classes")),
            SelectChoice(SlotAudience.RESERVED.value, _l("Les établissements que j’invite par un lien privé")),
        ],
        default=SlotAudience.ALL.value,
        invalid_choice_message=NOT_IN_LIST,
    )
    min_pupils = CountField(
        _l("Minimum d’élèves"),
        description=_l("Si vous ne pouvez pas recevoir un trop petit groupe."),
        least=1,
        most=MAX_PUPILS,
        required=False,
    )

    def draft_on(self, day: date, decision_on: date | None) -> SlotDraft:
        """The slot of that day as it was typed, once the form is valid."""
        return SlotDraft(
            local_start=_at(day, self.start.data),
            local_end=_at(day, self.end.data),
            capacity=Capacity(
                max_classes=self.max_classes.data or 0,
                max_pupils=self.max_pupils.data or 0,
                adults_per_class=self.adults_per_class.data or 0,
                min_pupils=self.min_pupils.data,
                decision_on=decision_on,
            ),
            opens_days=self.opens_days.data,
            closes_days=self.closes_days.data or 0,
            audience=SlotAudience(self.audience.data),
        )


class SlotForm(_OneDay, _HoursAndPlaces):
    """A slot: when, how many, when bookings open and close."""

    decision_on = DayField(
        _l("Décision le"),
        description=_l("Si le minimum n’est pas atteint ce jour-là, vous dites si le créneau a lieu."),
        validators=[Optional()],
    )
    kept_classes = CountField(
        _l("Classes gardées"),
        description=_l("Pour l’éducation prioritaire et les établissements jamais servis."),
        least=0,
        most=MAX_CLASSES,
        required=False,
    )
    kept_until = DayField(
        _l("Gardées jusqu’au"),
        description=_l("Le lendemain, celles qui restent s’ouvrent à tous."),
        validators=[Optional()],
    )

    def draft(self) -> SlotDraft:
        """The slot as it was typed, once the form is valid."""
        assert self.day.data is not None
        draft = self.draft_on(self.day.data, self.decision_on.data)
        kept = replace(draft.capacity, kept_classes=self.kept_classes.data or 0, kept_until=self.kept_until.data)
        return replace(draft, capacity=kept)


class SeriesForm(_Weekdays, _HoursAndPlaces):
    """Several slots alike: first the days are looked at one by one, then those still ticked are created."""

    decision_days = CountField(
        _l("Décision (jours avant)"),
        description=_l("Si le minimum n’est pas atteint ce jour-là, vous dites si le créneau a lieu."),
        least=1,
        most=LONGEST_CLOSING_DAYS,
        required=False,
    )
    step = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = get_day_names("wide", locale=current_language())
        self.weekdays.choices = [SelectChoice(number, names[number]) for number in range(7)]

    def drafts(self) -> list[SlotDraft]:
        """The slots asked for, in order, once the form is valid. Refuses: what series_of and decision_day refuse."""
        days = series_of(self.first_on.data, self.last_on.data, self.weekdays.data or (), self.dates.data or "")
        minimum, days_before = self.min_pupils.data, self.decision_days.data
        return [self.draft_on(day, decision_day(day, minimum, days_before)) for day in days]


def slot_values(slot: Slot, *, weeks_later: int = 0) -> dict[str, Any]:
    """What the form shows of an existing slot, or of its copy some weeks later."""
    draft = slot_draft_of(slot)
    later = timedelta(weeks=weeks_later)
    decision_on = draft.capacity.decision_on
    return {
        "day": draft.local_start.date() + later,
        "start": draft.local_start.time(),
        "end": draft.local_end.time(),
        "max_classes": draft.capacity.max_classes,
        "max_pupils": draft.capacity.max_pupils,
        "adults_per_class": draft.capacity.adults_per_class,
        "min_pupils": draft.capacity.min_pupils,
        "decision_on": decision_on + later if decision_on else None,
        "kept_classes": draft.capacity.kept_classes or None,
        "kept_until": draft.capacity.kept_until + later if draft.capacity.kept_until else None,
        "opens_days": draft.opens_days,
        "closes_days": draft.closes_days,
        "audience": draft.audience.value,
    }


def first_slot_values(activity: Activity) -> dict[str, Any]:
    """What the form of a first slot proposes, from what the activity says of its groups: as many as a whole class needs."""
    size = activity.group_size_max
    if not size:
        return {}
    groups = -(-USUAL_CLASS // size)
    return {"max_pupils": size * groups, "adults_per_class": activity.adults_per_group}


def _at(day: date, hour: time | None) -> datetime:
    assert hour is not None
    return datetime.combine(day, hour)


class InvitationForm(Form):
    """Whom a private link invites: the school that is meant, or whichever accepts it first."""

    school_search = StringField(
        _l("Établissement invité"),
        description=_l("Son nom et sa commune, ou son code UAI. Vide : le premier établissement qui accepte le lien."),
        filters=[clean_line],
        validators=[at_most(120)],
        render_kw={"autocomplete": "off"},
    )
    school_id = RadioField(_l("Lequel ?"), coerce=int, validators=[Optional()], validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.school_id.choices = []

    def offer(self, found: Sequence[School]) -> School | None:
        """The one school that is meant, if that is clear; else the choice is shown."""
        self.school_id.choices = [SelectChoice(school.id, school.one_line) for school in found]
        chosen = next((school for school in found if school.id == self.school_id.data), None)
        if chosen or len(found) == 1:
            return chosen or found[0]
        if found:
            self.school_id.errors = [*self.school_id.errors, _("Plusieurs établissements répondent : choisissez.")]
        else:
            self.school_search.errors = [
                *self.school_search.errors,
                _("Aucun établissement ne répond à ces mots : essayez sa commune seule, ou son code UAI."),
            ]
        return None
