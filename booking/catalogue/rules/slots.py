"""The date, the hours and the places of a slot: what may be offered, and what is worth pointing out.

Wall clock is local to the place; `timezone` is an IANA name; days are counted on the place's own calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from booking.core.dates import format_day, format_hour
from booking.core.errors import Refusal
from booking.core.i18n import _, _l, _ln, _n
from booking.territory.rules import DayKind, HolidayCalendar

LONGEST = timedelta(hours=24)
YEARS_AHEAD = 2
# Nobody should lose a night's sleep over the minute when bookings open or close: people are at work then.
OPENS_AT = time(8, 0)
CLOSES_AT = time(18, 0)
LONGEST_OPENING_DAYS = 365
LONGEST_CLOSING_DAYS = 60
MAX_CLASSES = 50
MAX_PUPILS = 5000
MAX_ADULTS = 40
# Above this a class is no class: worth asking whether the host meant the pupils of the whole slot.
PUPILS_OF_A_LARGE_CLASS = 40


class EditionWindow(Protocol):
    """What a slot needs to know of its edition."""

    @property
    def window_starts_on(self) -> date: ...
    @property
    def window_ends_on(self) -> date: ...
    @property
    def is_permanent(self) -> bool: ...


# ---- When


class HourSkipped(Refusal):
    """hour: the local time that does not exist."""

    code = "hour_skipped"
    field = "start"
    hour: datetime

    def sentence(self) -> object:
        return _l(
            "%(hour)s : cette heure n’existe pas ce jour-là, on passe à l’heure d’été. Choisissez une heure plus tôt ou plus tard.",
            hour=format_hour(self.hour),
        )


class HourRepeated(Refusal):
    """hour: the local time that comes twice."""

    code = "hour_repeated"
    field = "start"
    hour: datetime

    def sentence(self) -> object:
        return _l(
            "%(hour)s : cette heure a lieu deux fois ce jour-là, on passe à l’heure d’hiver. Choisissez une heure plus tôt ou plus tard.",
            hour=format_hour(self.hour),
        )


class EndsBeforeItStarts(Refusal):
    code = "ends_before_start"
    field = "end"

    def sentence(self) -> object:
        return _l("L’heure de fin doit venir après l’heure de début.")


class TooLong(Refusal):
    code = "too_long"
    field = "end"

    def sentence(self) -> object:
        return _l("Un créneau dure 24 heures au plus : créez un créneau pour chaque jour.")


class SlotInPast(Refusal):
    code = "slot_in_past"
    field = "day"

    def sentence(self) -> object:
        return _l("Cette date est déjà passée : choisissez un jour à venir.")


class SlotTooFar(Refusal):
    code = "slot_too_far"
    field = "day"

    def sentence(self) -> object:
        return _ln(
            "Cette date est trop lointaine : choisissez un jour dans l’année qui vient.",
            "Cette date est trop lointaine : choisissez un jour dans les %(num)d ans qui viennent.",
            YEARS_AHEAD,
        )


class OutsideEdition(Refusal):
    """first, last: the days of the edition's window."""

    code = "outside_edition"
    field = "day"
    first: date
    last: date

    def sentence(self) -> object:
        return _l(
            "Ce jour est hors de l’édition, qui va du %(first)s au %(last)s : choisissez un jour de cette période.",
            first=format_day(self.first, weekday=False),
            last=format_day(self.last, weekday=False),
        )


def slot_instants(local_start: datetime, local_end: datetime, timezone: str) -> tuple[datetime, datetime]:
    """The UTC instants of a wall-clock span. Says nothing about hours that do not exist: see check_slot_times."""
    return _instant(local_start, timezone), _instant(local_end, timezone)


def check_slot_times(
    local_start: datetime, local_end: datetime, timezone: str, *, now: datetime, edition: EditionWindow
) -> None:
    """Whether a slot may take place then.

    Refuses: SlotInPast, SlotTooFar, HourSkipped, HourRepeated, EndsBeforeItStarts, TooLong, OutsideEdition.
    """
    # First the year: the far ends of the calendar cannot even be converted.
    if local_start.year < now.year - 1:
        raise SlotInPast()
    if local_start.year > now.year + YEARS_AHEAD:
        raise SlotTooFar()
    _check_hour_exists(local_start, timezone, "start")
    _check_hour_exists(local_end, timezone, "end")
    starts_at, ends_at = slot_instants(local_start, local_end, timezone)
    if local_end <= local_start or ends_at <= starts_at:
        raise EndsBeforeItStarts()
    if ends_at - starts_at > LONGEST:
        raise TooLong()
    if starts_at <= now:
        raise SlotInPast()
    _check_window(local_start.date(), local_end.date(), edition)


def _check_hour_exists(local: datetime, timezone: str, field: str) -> None:
    zone = ZoneInfo(timezone)
    earlier, later = local.replace(tzinfo=zone, fold=0), local.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() == later.utcoffset():
        return
    # The two readings differ at a change of the clocks only: in the gap neither comes back as it was typed.
    if earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise HourSkipped(hour=local, field=field)
    raise HourRepeated(hour=local, field=field)


def _check_window(first: date, last: date, edition: EditionWindow) -> None:
    if edition.is_permanent:
        return
    if first < edition.window_starts_on or last > edition.window_ends_on:
        raise OutsideEdition(first=edition.window_starts_on, last=edition.window_ends_on)


def _instant(local: datetime, timezone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


# ---- When bookings open and close


class ClosesTooSoon(Refusal):
    """closes: when bookings would close, already past."""

    code = "closes_too_soon"
    field = "closes_days"
    closes: date

    def sentence(self) -> object:
        return _l(
            "Avec ce délai, les réservations seraient closes depuis le %(day)s : réduisez le délai ou choisissez un autre jour.",
            day=format_day(self.closes),
        )


class OpensAfterItCloses(Refusal):
    code = "opens_after_closing"
    field = "opens_days"

    def sentence(self) -> object:
        return _l("Les réservations ouvriraient après leur clôture : ouvrez-les plus tôt ou fermez-les plus tard.")


class OffsetImplausible(Refusal):
    """most: days at most."""

    code = "offset_implausible"
    most: int

    def sentence(self) -> object:
        return _l("Indiquez un nombre de jours entre 0 et %(most)d.", most=self.most)


def booking_window(
    local_start: datetime, timezone: str, *, opens_days: int | None, closes_days: int, now: datetime
) -> tuple[datetime | None, datetime]:
    """When bookings open (None: at once) and close: at 8:00 and at 18:00 local, so many days before the slot.

    closes_days 0: at the very start of the slot. Refuses: OffsetImplausible, OpensAfterItCloses, ClosesTooSoon.
    """
    if opens_days is not None and not 1 <= opens_days <= LONGEST_OPENING_DAYS:
        raise OffsetImplausible(most=LONGEST_OPENING_DAYS, field="opens_days")
    if not 0 <= closes_days <= LONGEST_CLOSING_DAYS:
        raise OffsetImplausible(most=LONGEST_CLOSING_DAYS, field="closes_days")
    opens_at = None if opens_days is None else _days_before(local_start, opens_days, OPENS_AT, timezone)
    closes_at = (
        _days_before(local_start, closes_days, CLOSES_AT, timezone) if closes_days else _instant(local_start, timezone)
    )
    if closes_at <= now:
        raise ClosesTooSoon(closes=closes_at.astimezone(ZoneInfo(timezone)).date())
    if opens_at is not None and opens_at >= closes_at:
        raise OpensAfterItCloses()
    return opens_at, closes_at


def moved_window(
    old_start: datetime, new_start: datetime, timezone: str, *, opens_at: datetime | None, closes_at: datetime
) -> tuple[datetime | None, datetime]:
    """The booking window of a slot that moves: as many days before it, at the same local hours as it had.

    In wall-clock time, so that 18:00 stays 18:00 across a change of the clocks; a slot that closed at its very start
    still does. A window already past is no refusal: the slot is then closed.
    """

    def moved(moment: datetime) -> datetime:
        local = moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)
        if local == old_start:
            return _instant(new_start, timezone)
        days = (old_start.date() - local.date()).days
        return _instant(datetime.combine(new_start.date() - timedelta(days=days), local.time()), timezone)

    return (moved(opens_at) if opens_at else None), moved(closes_at)


def days_before(moment: datetime, local_start: datetime, timezone: str) -> int:
    """How many calendar days, local to the place, lie between an instant and the day of the slot."""
    return (local_start.date() - moment.astimezone(ZoneInfo(timezone)).date()).days


def _days_before(local_start: datetime, days: int, hour: time, timezone: str) -> datetime:
    return _instant(datetime.combine(local_start.date() - timedelta(days=days), hour), timezone)


# ---- How many


@dataclass(frozen=True)
class Capacity:
    """What a slot takes. adults_per_class: asked of each class, not a capacity. min_pupils and decision_on go together."""

    max_classes: int
    max_pupils: int
    adults_per_class: int
    min_pupils: int | None = None
    decision_on: date | None = None
    # Of the classes, those kept until that day for priority education and never-served schools.
    kept_classes: int = 0
    kept_until: date | None = None


class CountImplausible(Refusal):
    """least, most: the plausible range."""

    code = "count_implausible"
    least: int
    most: int

    def sentence(self) -> object:
        return _l("Indiquez un nombre entre %(least)d et %(most)d.", least=self.least, most=self.most)


class FewerPupilsThanClasses(Refusal):
    code = "fewer_pupils_than_classes"
    field = "max_pupils"

    def sentence(self) -> object:
        return _l("Il y aurait moins d’élèves que de classes : indiquez le total des élèves du créneau.")


class MinimumAboveMaximum(Refusal):
    code = "minimum_above_maximum"
    field = "min_pupils"

    def sentence(self) -> object:
        return _l("Le minimum d’élèves ne peut pas dépasser le nombre d’élèves accueillis.")


class DecisionMissing(Refusal):
    code = "decision_missing"
    field = "decision_on"

    def sentence(self) -> object:
        return _l("Dites jusqu’à quel jour vous attendez d’atteindre ce minimum : les classes doivent le savoir.")


class DecisionWithoutMinimum(Refusal):
    code = "decision_without_minimum"
    field = "min_pupils"

    def sentence(self) -> object:
        return _l("Indiquez le minimum d’élèves que cette date concerne, ou effacez la date.")


class DecisionOutOfTime(Refusal):
    code = "decision_out_of_time"
    field = "decision_on"

    def sentence(self) -> object:
        return _l("La décision se prend entre aujourd’hui et la veille du créneau.")


class KeptTooMany(Refusal):
    code = "kept_too_many"
    field = "kept_classes"

    def sentence(self) -> object:
        return _l("On ne peut pas garder plus de classes que le créneau n’en accueille.")


class KeptUntilMissing(Refusal):
    code = "kept_until_missing"
    field = "kept_until"

    def sentence(self) -> object:
        return _l("Dites jusqu’à quel jour ces places sont gardées : le lendemain, elles s’ouvrent à tous.")


class KeptUntilOutOfTime(Refusal):
    code = "kept_until_out_of_time"
    field = "kept_until"

    def sentence(self) -> object:
        return _l("Les places gardées s’ouvrent à tous avant le jour du créneau : choisissez un jour plus tôt.")


def check_kept(capacity: Capacity, day: date) -> None:
    """Refuses: KeptTooMany, KeptUntilMissing, KeptUntilOutOfTime."""
    if not capacity.kept_classes:
        return
    if capacity.kept_classes > capacity.max_classes:
        raise KeptTooMany()
    if capacity.kept_until is None:
        raise KeptUntilMissing()
    if capacity.kept_until >= day:
        raise KeptUntilOutOfTime()


def check_capacity(capacity: Capacity, *, day: date, today: date) -> None:
    """Whether these numbers make sense for a slot on that day.

    Refuses: CountImplausible, FewerPupilsThanClasses, MinimumAboveMaximum, DecisionMissing, DecisionWithoutMinimum,
    DecisionOutOfTime, and what check_kept refuses.
    """
    _check_between(capacity.max_classes, 1, MAX_CLASSES, "max_classes")
    _check_between(capacity.max_pupils, 1, MAX_PUPILS, "max_pupils")
    _check_between(capacity.adults_per_class, 0, MAX_ADULTS, "adults_per_class")
    if capacity.max_pupils < capacity.max_classes:
        raise FewerPupilsThanClasses()
    check_kept(capacity, day)
    if capacity.min_pupils is None:
        if capacity.decision_on is not None:
            raise DecisionWithoutMinimum()
        return
    _check_between(capacity.min_pupils, 1, MAX_PUPILS, "min_pupils")
    if capacity.min_pupils > capacity.max_pupils:
        raise MinimumAboveMaximum()
    if capacity.decision_on is None:
        raise DecisionMissing()
    if not today <= capacity.decision_on < day:
        raise DecisionOutOfTime()


def _check_between(number: int, least: int, most: int, field: str) -> None:
    if not least <= number <= most:
        raise CountImplausible(least=least, most=most, field=field)


# ---- Once classes have booked


class TimesAreBooked(Refusal):
    code = "times_are_booked"
    field = "day"

    def sentence(self) -> object:
        return _l(
            "Des classes ont déjà réservé : la date et les heures se changent depuis la page du créneau, qui prévient chaque classe."
        )


class BelowTaken(Refusal):
    """taken: classes or pupils already booked."""

    code = "below_taken"
    taken: int

    def sentence(self) -> object:
        if self.field == "max_classes":
            return _ln(
                "%(num)d classe a déjà réservé : gardez au moins ce nombre.",
                "%(num)d classes ont déjà réservé : gardez au moins ce nombre.",
                self.taken,
            )
        return _ln(
            "%(num)d élève est déjà inscrit : gardez au moins ce nombre.",
            "%(num)d élèves sont déjà inscrits : gardez au moins ce nombre.",
            self.taken,
        )


class MoreAdultsAsked(Refusal):
    code = "more_adults_asked"
    field = "adults_per_class"

    def sentence(self) -> object:
        return _l("Des classes ont réservé avec moins d’accompagnateurs : vous ne pouvez plus en demander davantage.")


class AlreadyOffered(Refusal):
    code = "already_offered"
    field = "start"

    def sentence(self) -> object:
        return _l("Ce créneau existe déjà. Pour recevoir plus d’élèves à cette heure, modifiez son nombre de places.")


def check_room_for_taken(capacity: Capacity, *, taken_classes: int, taken_pupils: int, adults_asked: int) -> None:
    """A slot shrinks only down to what is taken, and asks nothing more of those who have booked.

    adults_asked: what the slot asked until now. Refuses: BelowTaken, MoreAdultsAsked.
    """
    if capacity.max_classes < taken_classes:
        raise BelowTaken(taken=taken_classes, field="max_classes")
    if capacity.max_pupils < taken_pupils:
        raise BelowTaken(taken=taken_pupils, field="max_pupils")
    if taken_classes and capacity.adults_per_class > adults_asked:
        raise MoreAdultsAsked()


# ---- Worth pointing out, without refusing


def remarks_on_day(day: date, calendar: HolidayCalendar) -> list[str]:
    """Sentences about a day when few classes can come: week-end, public holiday, school holiday of the place."""
    status, words = calendar.status(day), format_day(day)
    remarks = []
    if day.weekday() >= 5:
        remarks.append(_("Le %(day)s tombe un week-end : peu de classes pourront venir.", day=words))
    if status.kind is DayKind.PUBLIC_HOLIDAY:
        remarks.append(_("Le %(day)s est un jour férié (%(name)s).", day=words, name=status.name))
    if status.kind is DayKind.SCHOOL_HOLIDAY:
        remarks.append(
            _(
                "Le %(day)s tombe pendant les vacances scolaires (%(name)s) : il n’y a pas classe.",
                day=words,
                name=status.name,
            )
        )
    return remarks


def remarks_on_unknown_holidays(day: date, calendar: HolidayCalendar) -> list[str]:
    """Holidays that nobody knows are said to be unknown, never taken for term time (product, section 11)."""
    if calendar.status(day).is_known:
        return []
    return [_("Nous ne connaissons pas les vacances scolaires de ce lieu à cette date : vérifiez-les.")]


def remark_on_clash(title: str, local_start: datetime, local_end: datetime) -> str:
    """That the same company already welcomes classes then: the people may be the same."""
    return _(
        "Vous avez déjà « %(title)s » de %(start)s à %(end)s ce jour-là.",
        title=title,
        start=format_hour(local_start),
        end=format_hour(local_end),
    )


def remarks_on_capacity(max_classes: int, max_pupils: int) -> list[str]:
    """A sentence when the pupils of a slot do not look like those of its classes."""
    if max_pupils <= max_classes * PUPILS_OF_A_LARGE_CLASS:
        return []
    return [
        _n(
            "%(pupils)d élèves pour %(num)d classe : vérifiez ces deux nombres.",
            "%(pupils)d élèves pour %(num)d classes : vérifiez ces deux nombres.",
            max_classes,
            pupils=max_pupils,
        )
    ]
