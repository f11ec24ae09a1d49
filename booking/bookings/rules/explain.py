"""Why a class can, or cannot, book a slot: every obstacle, each with its sentence and its remedy (rule 6).

`obstacles()` walks the list CHECKS. To add one: write its Obstacle, a check that returns it, and name it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from booking.bookings.rules.capacity import (
    Kept,
    Places,
    PlacesKept,
    SlotFull,
    TooFewPlaces,
    adults_needed,
    check_places,
    for_others,
    groups_of,
)
from booking.bookings.rules.clashes import Clash, Outing, clash_with
from booking.bookings.rules.obstacles import Obstacle
from booking.bookings.rules.waiting import PlacesAwaited, WaitsAlready
from booking.catalogue.models import BookedBy
from booking.core.dates import format_day, format_moment, zone_note
from booking.core.i18n import _l, _ln
from booking.schools.rules import level_span_words


@dataclass(frozen=True)
class SlotFacts:
    """What matters of a slot and its activity."""

    outing: Outing
    day: date
    timezone: str
    is_bookable: bool
    is_cancelled: bool
    opens_at: datetime | None
    closes_at: datetime
    places: Places
    adults_per_class: int
    group_size_max: int | None
    adults_per_group: int
    levels: frozenset[str]
    booked_by: BookedBy
    is_workshop: bool = False
    area_km: int | None = None
    area_departement: str | None = None
    workshop_school_id: int | None = None
    is_reserved: bool = False
    # Of a company that waits to be verified: only for the school it has invited (product, section 11).
    is_private: bool = False
    access_motor: bool | None = None
    needs_approval: bool = False
    # While a round shares its places out: when the wishes close.
    round_until: datetime | None = None
    # Its company takes no new request; up to which day, where it said so itself.
    is_paused: bool = False
    paused_until: date | None = None
    # Of the edition: nobody books any of its slots before this moment, whatever a slot says of its own.
    edition: str = ""
    edition_opens_at: datetime | None = None


@dataclass(frozen=True)
class ClassFacts:
    """What matters of a class: counts, never names."""

    name: str
    is_staff: bool
    level: str | None
    pupils: int
    adults: int
    wheelchairs: int = 0
    school_id: int = 0
    departement: str = ""


@dataclass(frozen=True)
class World:
    """What else is known at the moment of asking.

    day_off: words for the holiday on the slot's day, in the school's zone. holidays_known: false where the zone's
    calendar is not known; unknown is never taken for term time.
    """

    now: datetime
    others: tuple[Outing, ...] = ()
    is_booked_already: bool = False
    # In line for this very slot; then also booked already.
    is_in_line: bool = False
    # Another class in line could take the places that are free.
    is_awaited: bool = False
    away: str | None = None
    day_off: str | None = None
    holidays_known: bool = True
    school_taken: int = 0
    school_cap: int | None = None
    distance_km: float | None = None
    is_outings_suspended: bool = False
    suspension: str = ""
    is_trusted: bool = True
    head_authorises_first: bool = False
    may_use_reserved: bool = False
    # What the slot keeps for priority schools, and whether the class's is one.
    kept: Kept | None = None
    is_priority: bool = False
    # Whether `others` are all its outings: of a class that is not saved, nothing is known.
    knows_outings: bool = True


@dataclass(frozen=True)
class Explanation:
    """The answer to "can my class come?". good_news and to_do are sentences."""

    obstacles: list[Obstacle] = field(default_factory=list)
    good_news: list[str] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)

    @property
    def stops(self) -> list[Obstacle]:
        return [obstacle for obstacle in self.obstacles if obstacle.severity == "stop"]

    @property
    def is_possible(self) -> bool:
        return not self.stops

    @property
    def can_wait(self) -> bool:
        """Whether only the lack of places stands in the way: the waiting list is for that."""
        return bool(self.stops) and all(isinstance(stop, LACK_OF_PLACES) for stop in self.stops)

    @property
    def may_ask_to_wait(self) -> bool:
        """The same, apart from what can be changed on the very form: the number of adults."""
        stops = [stop for stop in self.stops if stop.field != "adults"]
        return bool(stops) and all(isinstance(stop, LACK_OF_PLACES) for stop in stops)


class SlotCancelled(Obstacle):
    code = "slot_cancelled"

    def what(self) -> Any:
        return _l("Ce créneau a été annulé par l’entreprise.")

    def remedy_words(self) -> Any:
        return _l("Choisissez une autre date ou une autre visite.")

    def tag_words(self) -> Any:
        return _l("annulé")


class SlotNotBookable(Obstacle):
    code = "slot_not_bookable"

    def what(self) -> Any:
        return _l("Ce créneau n’est pas ouvert à la réservation.")

    def remedy_words(self) -> Any:
        return _l("Choisissez une autre date ou une autre visite.")

    def tag_words(self) -> Any:
        return _l("fermé")


class NotYetOpen(Obstacle):
    """opens: when bookings open, in words."""

    code = "not_yet_open"
    opens: str

    def what(self) -> Any:
        return _l("Les réservations ouvrent le %(opens)s.", opens=self.opens)

    def remedy_words(self) -> Any:
        return _l("Revenez à ce moment-là : votre classe enregistrée sera prête.")

    def tag_words(self) -> Any:
        return _l("pas encore ouvert")


class EditionNotOpen(Obstacle):
    """edition: its name. opens: when its bookings open, in words."""

    code = "edition_not_open"
    edition: str
    opens: str

    def what(self) -> Any:
        return _l(
            "Les réservations de l’édition « %(edition)s » ouvrent le %(opens)s, pour tous au même moment.",
            edition=self.edition,
            opens=self.opens,
        )

    def remedy_words(self) -> Any:
        return _l(
            "Enregistrez votre classe d’ici là : il ne restera qu’à réserver. Rien ne sert de venir avant l’heure."
        )

    def tag_words(self) -> Any:
        return _l("pas encore ouvert")


class Closed(Obstacle):
    """closed: when bookings closed, in words."""

    code = "closed"
    closed: str

    def what(self) -> Any:
        return _l("Les réservations de ce créneau sont closes depuis le %(closed)s.", closed=self.closed)

    def remedy_words(self) -> Any:
        return _l("Choisissez une date plus lointaine.")

    def tag_words(self) -> Any:
        return _l("inscriptions closes")


class WrongLevel(Obstacle):
    """levels: the levels asked for, in words."""

    code = "wrong_level"
    levels: str

    def what(self) -> Any:
        return _l("Cette activité s’adresse à d’autres niveaux : %(levels)s.", levels=self.levels)

    def remedy_words(self) -> Any:
        return _l("Cherchez dans le programme avec le niveau de votre classe.")

    def tag_words(self) -> Any:
        return _l("autre niveau")


class NotForClasses(Obstacle):
    code = "not_for_classes"

    def what(self) -> Any:
        return _l("Cette visite est réservée aux enseignants, sans élèves.")

    def remedy_words(self) -> Any:
        return _l("Enregistrez un groupe de personnel pour la réserver.")

    def tag_words(self) -> Any:
        return _l("sans élèves")


class NotForStaff(Obstacle):
    code = "not_for_staff"

    def what(self) -> Any:
        return _l("Cette activité accueille des classes, pas un groupe de personnel seul.")

    def remedy_words(self) -> Any:
        return _l("Choisissez une de vos classes ou une visite pour enseignants.")

    def tag_words(self) -> Any:
        return _l("avec une classe")


class NoBookingNeeded(Obstacle):
    code = "no_booking_needed"

    def what(self) -> Any:
        return _l("Cette activité ne se réserve pas.")

    def remedy_words(self) -> Any:
        return _l("Venez aux heures indiquées.")

    def tag_words(self) -> Any:
        return _l("entrée libre")


class BookedAlready(Obstacle):
    code = "booked_already"

    def what(self) -> Any:
        return _l("La classe a déjà une réservation sur ce créneau.")

    def remedy_words(self) -> Any:
        return _l("Retrouvez-la dans « Mes réservations ».")

    def tag_words(self) -> Any:
        return _l("déjà réservé")


class ClassAway(Obstacle):
    """reason: why, as the teacher or the school wrote it."""

    code = "class_away"
    reason: str

    def what(self) -> Any:
        return _l("La classe est indisponible ce jour-là (%(reason)s).", reason=self.reason)

    def remedy_words(self) -> Any:
        return _l("Choisissez une autre date ou corrigez les périodes d’absence de la classe.")

    def tag_words(self) -> Any:
        return _l("classe absente")


class DayOff(Obstacle):
    """holiday: its name."""

    code = "day_off"
    holiday: str

    def what(self) -> Any:
        return _l("Pas de classe ce jour-là dans votre établissement : %(holiday)s.", holiday=self.holiday)

    def remedy_words(self) -> Any:
        return _l("Choisissez une date en période scolaire.")

    def tag_words(self) -> Any:
        return _l("jour sans classe")


class AdultsMissing(Obstacle):
    """needed, given: accompanying adults."""

    code = "adults_missing"
    field = "adults"
    needed: int
    given: int

    def what(self) -> Any:
        return _ln(
            "L’entreprise demande %(num)d accompagnateur pour cette classe ; vous en avez indiqué %(given)d.",
            "L’entreprise demande %(num)d accompagnateurs pour cette classe ; vous en avez indiqué %(given)d.",
            self.needed,
            given=self.given,
        )

    def remedy_words(self) -> Any:
        return _l("Ajoutez un accompagnateur (un parent agréé ou un assistant d’éducation compte).")

    def tag_words(self) -> Any:
        return _l("accompagnateurs manquants")


class SchoolCapReached(Obstacle):
    """cap: bookings a school may have in this edition."""

    code = "school_cap"
    cap: int

    def what(self) -> Any:
        return _ln(
            "Votre établissement a déjà sa réservation pour cette édition (%(num)d au plus).",
            "Votre établissement a déjà ses réservations pour cette édition (%(num)d au plus).",
            self.cap,
        )

    def remedy_words(self) -> Any:
        return _l("Voyez avec vos collègues si l’une d’elles peut être annulée.")

    def tag_words(self) -> Any:
        return _l("plafond atteint")


class OutOfArea(Obstacle):
    """area: km the speaker travels at most. distance: km to the school."""

    code = "out_of_area"
    area: int
    distance: int

    def what(self) -> Any:
        return _l(
            "L’intervenant se déplace à %(area)d km au plus ; votre établissement est à %(distance)d km.",
            area=self.area,
            distance=self.distance,
        )

    def remedy_words(self) -> Any:
        return _l("Cherchez un atelier plus proche dans le programme.")

    def tag_words(self) -> Any:
        return _l("trop loin")


class OtherSchoolsWorkshop(Obstacle):
    code = "other_school"

    def what(self) -> Any:
        return _l("L’intervenant se rend ce jour-là dans un autre établissement.")

    def remedy_words(self) -> Any:
        return _l("Choisissez une autre date.")

    def tag_words(self) -> Any:
        return _l("pris par un autre établissement")


# A workshop that goes to another school is full for this one: it is free again when those classes leave.
LACK_OF_PLACES = (SlotFull, TooFewPlaces, PlacesAwaited, PlacesKept, OtherSchoolsWorkshop)


class Reserved(Obstacle):
    code = "reserved"

    def what(self) -> Any:
        return _l("Ce créneau est réservé à des établissements invités par l’entreprise.")

    def remedy_words(self) -> Any:
        return _l("Ouvrez le lien d’invitation si vous l’avez reçu, ou choisissez une autre date.")

    def tag_words(self) -> Any:
        return _l("sur invitation")


class CompanyPaused(Obstacle):
    """until: the last day, in words, where the company said it itself."""

    code = "company_paused"
    until: str = ""

    def what(self) -> Any:
        if self.until:
            return _l("L’entreprise ne prend pas de nouvelle classe jusqu’au %(until)s.", until=self.until)
        return _l(
            "L’entreprise n’a pas pu répondre aux dernières classes : elle ne reçoit pas de demande en ce moment."
        )

    def remedy_words(self) -> Any:
        return _l("D’autres entreprises vous attendent : voyez les pistes proches.")

    def tag_words(self) -> Any:
        return _l("entreprise en pause")


class InRound(Obstacle):
    """until: when the wishes close, in words. is_closed: that moment is past, and the result not published yet."""

    code = "in_round"
    until: str
    is_closed: bool = False

    def what(self) -> Any:
        if self.is_closed:
            return _l("Un tour répartit ces places : les vœux sont clos depuis le %(until)s.", until=self.until)
        return _l(
            "Un tour répartit ces places entre les classes : les vœux se font jusqu’au %(until)s.", until=self.until
        )

    def remedy_words(self) -> Any:
        if self.is_closed:
            return _l("Les places qui restent s’ouvrent à tous dès que le résultat est publié.")
        return _l("Classez ce créneau dans vos vœux : l’ordre d’arrivée ne compte pas.")

    def tag_words(self) -> Any:
        return _l("réparti par un tour")


class OutingsSuspended(Obstacle):
    """suspension: which days, where and why, in a sentence."""

    code = "outings_suspended"
    suspension: str = ""

    def what(self) -> Any:
        return self.suspension or _l("Les sorties scolaires sont suspendues ce jour-là.")

    def remedy_words(self) -> Any:
        return _l("Revenez quand la suspension sera levée.")

    def tag_words(self) -> Any:
        return _l("sorties suspendues")


class NoWheelchairAccess(Obstacle):
    code = "no_wheelchair_access"
    severity = "warn"

    def what(self) -> Any:
        return _l("L’entreprise n’a pas d’accès en fauteuil roulant.")

    def remedy_words(self) -> Any:
        return _l("Appelez le contact avant de réserver : un parcours adapté est parfois possible.")

    def tag_words(self) -> Any:
        return _l("accès fauteuil à vérifier")


class HolidaysUnknown(Obstacle):
    code = "holidays_unknown"
    severity = "warn"

    def what(self) -> Any:
        return _l("Le calendrier scolaire de votre zone n’est pas connu à cette date.")

    def remedy_words(self) -> Any:
        return _l("Vérifiez que la classe a cours ce jour-là.")

    def tag_words(self) -> Any:
        return _l("date à vérifier")


def _state(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if slot.is_cancelled:
        return SlotCancelled()
    is_reachable = slot.is_bookable or (slot.is_private and world.may_use_reserved)
    return None if is_reachable else SlotNotBookable()


def _paused(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if not slot.is_paused or world.is_booked_already:
        return None
    return CompanyPaused(until=format_day(slot.paused_until, weekday=False) if slot.paused_until else "")


def _window(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if early := not_open_yet(slot, world.now):
        return early
    if world.now >= slot.closes_at:
        return Closed(closed=format_moment(slot.closes_at, slot.timezone))
    return None


def not_open_yet(slot: SlotFacts, now: datetime) -> Obstacle | None:
    """Too early: for any slot of its edition, or for this one; the later of the two moments is said."""
    opens_at, edition_opens_at = slot.opens_at, slot.edition_opens_at
    if edition_opens_at and now < edition_opens_at and not (opens_at and opens_at > edition_opens_at):
        return EditionNotOpen(edition=slot.edition, opens=open_words(edition_opens_at, slot.timezone))
    if opens_at and now < opens_at:
        return NotYetOpen(opens=open_words(opens_at, slot.timezone))
    return None


def open_words(opens_at: datetime, timezone: str) -> str:
    """When bookings open, on the clock of the place; the zone is named when it is not Paris's."""
    return f"{format_moment(opens_at, timezone)} {zone_note(timezone)}".strip()


def _audience(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if slot.booked_by is BookedBy.NONE:
        return NoBookingNeeded()
    if slot.booked_by is BookedBy.STAFF and not group.is_staff:
        return NotForClasses()
    if slot.booked_by is BookedBy.CLASS and group.is_staff:
        return NotForStaff()
    return None


def _level(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    """A mixed group ("AUTRE") is the teacher's judgment; an activity without levels takes them all."""
    if group.is_staff or not slot.levels or group.level in slot.levels or group.level == "AUTRE":
        return None
    return WrongLevel(levels=level_span_words(slot.levels))


def _reserved(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    return Reserved() if slot.is_reserved and not world.may_use_reserved else None


def _in_round(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if slot.round_until is None or world.is_booked_already:
        return None
    return in_round(slot.round_until, slot.timezone, world.now)


def in_round(until: datetime, timezone: str, now: datetime) -> InRound:
    """The obstacle of a slot that a round shares out, whose wishes close at this moment."""
    return InRound(until=format_moment(until, timezone), is_closed=now >= until)


def _already(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if world.is_in_line:
        return WaitsAlready()
    return BookedAlready() if world.is_booked_already else None


def _places(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    try:
        check_places(slot.places, group.pupils)
    except Obstacle as obstacle:
        return obstacle
    return PlacesAwaited() if world.is_awaited and not world.is_booked_already else None


def _kept(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if world.kept is None or world.is_priority or world.is_booked_already or not slot.places.fit(group.pupils):
        return None
    if for_others(slot.places, world.kept).fit(group.pupils):
        return None
    return PlacesKept(until=format_day(world.kept.until))


def _adults(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if group.is_staff:
        return None
    needed = adults_needed(group.pupils, slot.adults_per_class, slot.group_size_max, slot.adults_per_group)
    return AdultsMissing(needed=needed, given=group.adults) if group.adults < needed else None


def _clash(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    other = None if world.is_booked_already else clash_with(slot.outing, world.others)
    return Clash(title=other.title, when=other.when) if other else None


def _away(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    return ClassAway(reason=world.away) if world.away is not None else None


def _day_off(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if group.is_staff:
        return None
    if world.day_off:
        return DayOff(holiday=world.day_off)
    return None if world.holidays_known else HolidaysUnknown()


def _area(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    """A classroom workshop goes to one school, within its area (product, section 11)."""
    if not slot.is_workshop:
        return None
    if slot.workshop_school_id is not None and slot.workshop_school_id != group.school_id:
        return OtherSchoolsWorkshop()
    if slot.area_km is not None and world.distance_km is not None and world.distance_km > slot.area_km:
        return OutOfArea(area=slot.area_km, distance=round(world.distance_km))
    return None


def _cap(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    if world.school_cap is not None and world.school_taken >= world.school_cap and not world.is_booked_already:
        return SchoolCapReached(cap=world.school_cap)
    return None


def _suspended(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    is_concerned = world.is_outings_suspended and not slot.is_workshop
    return OutingsSuspended(suspension=world.suspension) if is_concerned else None


def _access(slot: SlotFacts, group: ClassFacts, world: World) -> Obstacle | None:
    return NoWheelchairAccess() if group.wheelchairs and slot.access_motor is False else None


Check = Callable[[SlotFacts, ClassFacts, World], Obstacle | None]
CHECKS: tuple[Check, ...] = (
    _state, _paused, _window, _already, _in_round, _audience, _reserved, _level, _places, _kept, _clash, _away, _day_off, _area, _suspended,
    _cap, _adults, _access,
)  # fmt: skip


def obstacles(slot: SlotFacts, group: ClassFacts, world: World) -> list[Obstacle]:
    """Every obstacle, the gravest first: those that no change of the class can lift come before the others."""
    return [found for check in CHECKS if (found := check(slot, group, world)) is not None]


def first_stop(found: Iterable[Obstacle]) -> Obstacle | None:
    return next((obstacle for obstacle in found if obstacle.severity == "stop"), None)


def good_news(slot: SlotFacts, group: ClassFacts, world: World) -> list[str]:
    """What already fits, in sentences: the panel answers before it asks."""
    news = []
    if slot.places.fit(group.pupils):
        groups = groups_of(group.pupils, slot.group_size_max)
        if groups > 1:
            size = -(-group.pupils // groups)
            news.append(
                str(
                    _l(
                        "Votre classe peut venir au complet : %(groups)d groupes de %(size)d au plus.",
                        groups=groups,
                        size=size,
                    )
                )
            )
        else:
            news.append(str(_l("Votre classe peut venir au complet.")))
    is_free = not any(other.starts_at.date() == slot.outing.starts_at.date() for other in world.others)
    if is_free and world.knows_outings:
        news.append(str(_l("Aucune autre sortie de la %(name)s ce jour-là.", name=group.name)))
    return news


def to_do(slot: SlotFacts, group: ClassFacts, world: World) -> list[str]:
    """What must still happen before the booking is firm."""
    steps = []
    if world.head_authorises_first and not slot.is_workshop:
        steps.append(str(_l("Votre chef d’établissement doit d’abord autoriser la sortie ; nous lui écrivons.")))
    if not world.is_trusted:
        steps.append(
            str(
                _l("Votre compte est en cours de vérification : l’entreprise recevra une demande, à confirmer ensuite.")
            )
        )
    return steps


def explanation(slot: SlotFacts, group: ClassFacts, world: World) -> Explanation:
    return Explanation(obstacles(slot, group, world), good_news(slot, group, world), to_do(slot, group, world))
