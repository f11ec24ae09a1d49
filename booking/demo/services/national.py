"""A whole country in rows: a teacher and two classes in every school, and an edition as large as the real ones.

Written in bulk, past the services, which would take hours: what they keep true is written the same way here, and
`flask check` says so. The same day gives the same country.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, text

from booking.accounts.models import MemberRole, Membership, Person
from booking.bookings.models import Booking, BookingEvent, SchoolInEdition, VisitRecord
from booking.bookings.rules.states import TAKEN, Actor, Answer, CancelReason, Event, Origin, State
from booking.catalogue import search
from booking.catalogue.models import Activity, ActivityKind, ActivityLevel, ConfirmationMode, PublicationState, Slot
from booking.companies.models import Company, Site, Trust
from booking.companies.reference import sectors
from booking.core import clock
from booking.core.dates import school_year
from booking.core.db import db
from booking.demo.rules import Season, chance_of, national_siren, siret_of
from booking.demo.services.editions import Editions
from booking.demo.services.people import Cast
from booking.mail.models import MailState, OutgoingMail
from booking.schools.models import School, SchoolClass, SchoolKind
from booking.territory.models import Commune
from booking.territory.rules import NoTimeZone, timezone_of

FIRST_NAMES = (
    "Agnès", "Anaïs", "Benoît", "Camille", "Chloé", "Driss", "Élodie", "Fanny", "Gaëlle", "Hugo", "Inès", "Jérôme",
    "Karine", "Léa", "Lucas", "Maëlle", "Malika", "Nicolas", "Odile", "Patrick", "Quentin", "Romane", "Sami", "Théo",
    "Valérie", "Yann", "Zoé",
)  # fmt: skip
LAST_NAMES = (
    "Arnaud", "Barbier", "Caron", "Delattre", "Étienne", "Fabre", "Guérin", "Hamon", "Imbert", "Jacquet", "Klein",
    "Lemoine", "Marchand", "Nguyen", "Ollivier", "Perrin", "Quéré", "Rousseau", "Schmitt", "Traoré", "Vidal", "Weber",
)  # fmt: skip
LEVELS = {
    SchoolKind.ECOLE: ("CM1", "CM2"),
    SchoolKind.COLLEGE: ("4E", "3E"),
    SchoolKind.LYCEE: ("2GT", "1G"),
}
KINDS = (
    (ActivityKind.SITE_VISIT, 62, "Visite de l’atelier"),
    (ActivityKind.CLASSROOM_WORKSHOP, 22, "Un métier vient en classe"),
    (ActivityKind.OPEN_DAY, 9, "Portes ouvertes"),
    (ActivityKind.FORUM, 4, "Forum des métiers"),
    (ActivityKind.ROUND_TABLE, 3, "Table ronde"),
)
FIRMS = (
    "Ateliers",
    "Mécanique",
    "Fonderie",
    "Usinage",
    "Composites",
    "Électronique",
    "Textiles",
    "Énergies",
    "Emballages",
)
HOURS = ((9, 0, 11, 30), (10, 0, 11, 30), (14, 0, 16, 0))
MOST_CLASSES = (2, 3, 4, 5, 6, 8)
PUPILS_A_CLASS = 30
# Below the cap of the edition: the demo's own bookings come on top.
MOST_OF_A_SCHOOL = 12
# A firm stands at most so many degrees from its school: about ten kilometres.
NEAR = 0.12
CHUNK = 5000
# How bookings stand in the edition to come, and how they ended in the last one.
NOW_STATES = (
    (State.CONFIRMED, 66), (State.REQUESTED, 14), (State.CANCELLED, 9), (State.DECLINED, 7), (State.EXPIRED, 4),
)  # fmt: skip
THEN_STATES = ((State.ATTENDED, 84), (State.MISSED, 4), (State.EXCUSED, 3), (State.CANCELLED, 9))
ENDS = {
    State.CANCELLED: Event.CANCEL, State.DECLINED: Event.HOST_DECLINE, State.EXPIRED: Event.LAPSE,
    State.ATTENDED: Event.ATTEND, State.MISSED: Event.MISS, State.EXCUSED: Event.EXCUSE,
}  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much to write. share_now: of the edition to come; the rest is the last edition's."""

    firms: int = 6_000
    activities: int = 13_000
    slots: int = 30_000
    bookings: int = 120_000
    share_now: float = 0.85


@dataclass
class _Country:
    """What has been written so far, as rows; people and classes by département, to be drawn from."""

    chance: Random
    size: Size
    password: str
    joined_at: datetime
    schools: dict[int, Any]
    communes: set[str]
    classes: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    ids: dict[type, int] = field(default_factory=dict)

    def number(self, model: type) -> int:
        """The next free number of a table."""
        if model not in self.ids:
            self.ids[model] = db.session.scalar(select(func.max(model.id))) or 0  # type: ignore[attr-defined]
        self.ids[model] += 1
        return self.ids[model]


def make_national(season: Season, editions: Editions, cast: Cast, size: Size | None = None) -> None:
    """Add a whole country to the demo: teachers and classes of every listed school, firms, activities, dates, bookings."""
    columns = (
        School.id, School.uai, School.name, School.kind, School.address, School.postcode, School.commune_insee,
        School.commune_name, School.departement_code, School.academie_code, School.latitude, School.longitude,
    )  # fmt: skip
    rows = db.session.execute(
        select(*columns).where(School.is_listed, School.latitude.is_not(None)).order_by(School.id)
    )
    country = _Country(
        chance=chance_of(season.today, "national"),
        size=size or Size(),
        password=cast.password,
        joined_at=cast.joined_at,
        schools={row.id: row for row in rows if _has_an_hour(row)},
        communes=set(db.session.scalars(select(Commune.insee))),
    )
    _write_schools(season, country)
    sites = _write_firms(country)
    now = round(country.size.activities * country.size.share_now)
    _write_edition(country, sites, editions.current.id, now, _days_to_come(season), NOW_STATES)
    _write_edition(
        country, sites, editions.last.id, country.size.activities - now, _days_of(editions.last.starts_on), THEN_STATES
    )
    _let_sequences_follow(country)
    while search.index_forgotten(CHUNK):
        db.session.flush()


def _has_an_hour(place: Any) -> bool:
    try:
        timezone_of(place.departement_code, place.commune_insee)
    except NoTimeZone:
        return False
    return True


def _write_schools(season: Season, country: _Country) -> None:
    people, members, classes = [], [], []
    year, chance = school_year(season.today), country.chance
    for school in country.schools.values():
        person = country.number(Person)
        people.append(_person(country, person, f"ens-{school.uai.lower()}@example.org"))
        members.append(_membership(country, person, MemberRole.TEACHER, school_id=school.id))
        for number, level in enumerate(LEVELS[school.kind], start=1):
            pupils = chance.randint(17, PUPILS_A_CLASS)
            row = {
                "id": country.number(SchoolClass), "school_id": school.id, "owner_id": person, "name": f"{level} {number}",
                "level_code": level, "pupils": pupils, "adults": 2, "girls": max(0, pupils // 2 + chance.randint(-3, 3)),
                "school_year": year, "created_at": country.joined_at,
            }  # fmt: skip
            classes.append(row)
            country.classes[school.departement_code].append(row)
    for each in country.classes.values():
        chance.shuffle(each)
    _insert(Person, people)
    _insert(Membership, members)
    _insert(SchoolClass, classes)


def _person(country: _Country, number: int, email: str) -> dict[str, Any]:
    return {
        "id": number, "email": email, "first_name": country.chance.choice(FIRST_NAMES), "last_name": country.chance.choice(LAST_NAMES),
        "password": country.password, "created_at": country.joined_at, "confirmed_at": country.joined_at,
    }  # fmt: skip


def _membership(country: _Country, person: int, role: MemberRole, **where: int) -> dict[str, Any]:
    return {
        "person_id": person,
        "role": role,
        "created_at": country.joined_at,
        "trusted_at": country.joined_at,
        **where,
    }


def _write_firms(country: _Country) -> list[dict[str, Any]]:
    """Each firm near a school, so that firms stand where pupils do, and one in every département at least."""
    people, members, companies, sites = [], [], [], []
    near = [school for school in country.schools.values() if school.commune_insee in country.communes]
    slugs, chance = [sector.slug for sector in sectors()], country.chance
    first = {school.departement_code: school for school in reversed(near)}
    places = [*first.values(), *(chance.choice(near) for _ in range(country.size.firms))][: country.size.firms]
    for number, school in enumerate(places):
        person, company = country.number(Person), country.number(Company)
        name, sector = f"{chance.choice(FIRMS)} de {school.commune_name} {number}", chance.choice(slugs)
        people.append(_person(country, person, f"entreprise-{number}@example.org"))
        members.append(_membership(country, person, MemberRole.HOST_MANAGER, company_id=company))
        siren = national_siren(number)
        companies.append(
            {"id": company, "siren": siren, "name": name, "sector": sector, "trust": Trust.TRUSTED,
             "trusted_at": country.joined_at, "created_at": country.joined_at}
        )  # fmt: skip
        sites.append(
            {
                "id": country.number(Site), "company_id": company, "siret": siret_of(siren), "name": name,
                "address": f"{chance.randint(1, 90)} rue de l’Industrie", "postcode": school.postcode,
                "commune_insee": school.commune_insee, "commune_name": school.commune_name,
                "departement_code": school.departement_code, "latitude": school.latitude + chance.uniform(-NEAR, NEAR),
                "longitude": school.longitude + chance.uniform(-NEAR, NEAR),
                "timezone": timezone_of(school.departement_code, school.commune_insee), "created_at": country.joined_at,
            }
        )  # fmt: skip
    _insert(Person, people)
    _insert(Company, companies)
    _insert(Membership, members)
    _insert(Site, sites)
    hosts = [
        {"contact_id": person["id"], "sector": company["sector"]}
        for person, company in zip(people, companies, strict=True)
    ]
    academies = {school.departement_code: school.academie_code for school in country.schools.values()}
    return [
        {**site, **host, "academie_code": academies[site["departement_code"]]}
        for site, host in zip(sites, hosts, strict=True)
    ]


def _days_to_come(season: Season) -> list[date]:
    """The days of the window, those of the week three times as likely as the others."""
    return [day for day in season.days for _ in range(round(season.weight(day) * 2))]


def _days_of(monday: date) -> list[date]:
    return [monday + timedelta(days=number) for number in (0, 1, 2, 3, 4)]


def _write_edition(
    country: _Country, sites: Sequence[dict[str, Any]], edition_id: int, activities: int, days: list[date],
    states: Sequence[tuple[State, int]],
) -> None:  # fmt: skip
    """An edition's activities with their dates and bookings; the schools' counters at the end."""
    share = activities / country.size.activities
    offered = _write_activities(country, sites, edition_id, activities)
    slots = _draw_slots(country, offered, round(country.size.slots * share), days)
    taken: Counter[int] = Counter()
    writer = _Bookings(country, edition_id, states)
    owed = 0
    for slot, wanted in zip(slots, _spread(round(country.size.bookings * share), len(slots)), strict=True):
        # What one date could not take, such as a workshop's one school, goes to the next.
        owed = writer.fill(slot, wanted + owed, taken)
    _insert(Slot, [{name: value for name, value in slot.items() if name != "activity"} for slot in slots])
    writer.insert()
    known = {
        row.school_id: row.id
        for row in db.session.execute(
            select(SchoolInEdition.id, SchoolInEdition.school_id).where(SchoolInEdition.edition_id == edition_id)
        )
    }
    new = [
        {"school_id": school, "edition_id": edition_id, "taken_bookings": count}
        for school, count in sorted(taken.items())
        if school not in known
    ]
    _insert(SchoolInEdition, new)
    for school in sorted(known.keys() & taken.keys()):
        row = db.session.get_one(SchoolInEdition, known[school])
        row.taken_bookings += taken[school]
    db.session.flush()


def _spread(total: int, over: int) -> Iterator[int]:
    """So many things over so many places, as evenly as whole numbers can."""
    return (total * (number + 1) // over - total * number // over for number in range(over))


def _write_activities(
    country: _Country, sites: Sequence[dict[str, Any]], edition_id: int, count: int
) -> list[dict[str, Any]]:
    rows, levels = [], []
    chance, written = country.chance, country.joined_at
    kinds, weights = [(kind, words) for kind, _weight, words in KINDS], [weight for _kind, weight, _words in KINDS]
    offered = []
    for number in range(count):
        site = sites[number % len(sites)]
        (kind, words), activity = chance.choices(kinds, weights)[0], country.number(Activity)
        row = {
            "id": activity, "edition_id": edition_id, "company_id": site["company_id"], "site_id": site["id"],
            "contact_id": site["contact_id"], "kind": kind, "title": f"{words} : {site['name']}"[:120],
            "summary": "Les gestes, les machines et celles et ceux qui les conduisent.", "sector": site["sector"],
            "confirmation": ConfirmationMode.APPROVAL, "state": PublicationState.PUBLISHED,
            "area_km": 40 if kind is ActivityKind.CLASSROOM_WORKSHOP else None,
            "created_at": written, "updated_at": written, "published_at": written,
        }  # fmt: skip
        rows.append(row)
        levels += [{"activity_id": activity, "level_code": level} for pair in LEVELS.values() for level in pair]
        offered.append({**row, "site": site})
    _insert(Activity, rows)
    _insert(ActivityLevel, levels)
    return offered


def _draw_slots(
    country: _Country, offered: Sequence[dict[str, Any]], count: int, days: Sequence[date]
) -> list[dict[str, Any]]:
    slots, chance = [], country.chance
    for number in range(count):
        activity = offered[number % len(offered)]
        site, day, (h1, m1, h2, m2) = activity["site"], chance.choice(days), chance.choice(HOURS)
        if day.weekday() == 2:
            h1, m1, h2, m2 = HOURS[0]
        most = chance.choice(MOST_CLASSES)
        zone = ZoneInfo(site["timezone"])
        start, end = datetime.combine(day, time(h1, m1)), datetime.combine(day, time(h2, m2))
        starts_at = start.replace(tzinfo=zone)
        slots.append(
            {
                "id": country.number(Slot), "activity_id": activity["id"], "activity": activity, "local_start": start,
                "local_end": end, "timezone": site["timezone"], "starts_at": starts_at, "ends_at": end.replace(tzinfo=zone),
                "closes_at": starts_at - timedelta(days=3), "max_classes": most, "max_pupils": most * PUPILS_A_CLASS,
                "taken_classes": 0, "taken_pupils": 0, "school_id": None, "departement_code": site["departement_code"],
                "academie_code": site["academie_code"], "created_at": country.joined_at, "updated_at": country.joined_at,
            }
        )  # fmt: skip
    return slots


class _Bookings:
    """The bookings of one edition, with their histories, records and mails."""

    def __init__(self, country: _Country, edition_id: int, states: Sequence[tuple[State, int]]) -> None:
        self.country, self.edition_id = country, edition_id
        self.states, self.weights = [state for state, _ in states], [weight for _, weight in states]
        self.at: Counter[str] = Counter()
        self.busy: set[tuple[int, date]] = set()
        self.now = clock.now()
        self.bookings: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.records: list[dict[str, Any]] = []
        self.mails: list[dict[str, Any]] = []

    def fill(self, slot: dict[str, Any], wanted: int, taken: Counter[int]) -> int:
        """Book so many classes of the slot's département, in turn; a workshop goes to one school. How many were not found."""
        is_workshop = slot["activity"]["kind"] is ActivityKind.CLASSROOM_WORKSHOP
        missing = 0
        for _ in range(wanted):
            state = self.country.chance.choices(self.states, self.weights)[0]
            chosen = self._next_class(slot, is_workshop)
            if chosen is None:
                missing += 1
                continue
            is_full = slot["taken_classes"] == slot["max_classes"] or taken[chosen["school_id"]] == MOST_OF_A_SCHOOL
            if state in TAKEN and is_full:
                state = State.DECLINED if State.DECLINED in self.states else State.CANCELLED
            if state in TAKEN:
                slot["taken_classes"] += 1
                slot["taken_pupils"] += chosen["pupils"]
                taken[chosen["school_id"]] += 1
                if is_workshop:
                    slot["school_id"] = chosen["school_id"]
            self._write(slot, chosen, state)
        return missing

    def _next_class(self, slot: dict[str, Any], is_workshop: bool) -> dict[str, Any] | None:
        """The next class that has nothing that day; of the school that a workshop goes to already."""
        code, day = slot["departement_code"], slot["local_start"].date()
        classes = self.country.classes[code]
        for _ in range(min(len(classes), 40)):
            chosen = classes[self.at[code] % len(classes)]
            self.at[code] += 1
            is_elsewhere = is_workshop and slot["school_id"] not in (None, chosen["school_id"])
            if (chosen["id"], day) not in self.busy and not is_elsewhere:
                self.busy.add((chosen["id"], day))
                return chosen
        return None

    def _write(self, slot: dict[str, Any], chosen: dict[str, Any], state: State) -> None:
        booking, chance = self.country.number(Booking), self.country.chance
        activity, school = slot["activity"], self.country.schools[chosen["school_id"]]
        begun = min(
            slot["starts_at"] - timedelta(days=chance.randint(20, 60)),
            self.now - timedelta(hours=chance.randint(30, 300)),
        )
        answered = begun + timedelta(hours=chance.randint(2, 28))
        row = {
            "id": booking, "slot_id": slot["id"], "edition_id": self.edition_id, "class_id": chosen["id"],
            "school_id": school.id, "teacher_id": chosen["owner_id"], "booked_by_id": chosen["owner_id"], "state": state,
            "origin": Origin.DIRECT, "class_name": chosen["name"], "level_code": chosen["level_code"],
            "pupils": chosen["pupils"], "adults": chosen["adults"], "girls": chosen["girls"],
            "departement_code": school.departement_code, "academie_code": school.academie_code,
            "commune_insee": school.commune_insee, "host_asked_at": begun, "host_answered_at": answered,
            "host_answer": Answer.YES, "created_at": begun, "updated_at": answered, "confirmed_at": answered,
            "deadline_at": None, "host_answer_due_at": None, "ended_by": None, "end_reason": None,
            "present_pupils": None, "present_adults": None, "present_girls": None, **_place(activity, school),
        }  # fmt: skip
        self._finish(row, slot)
        self.bookings.append(row)

    def _finish(self, row: dict[str, Any], slot: dict[str, Any]) -> None:
        """The lines of the history, and what the last one leaves on the booking."""
        state, begun, answered = row["state"], row["created_at"], row["updated_at"]
        host, teacher = slot["activity"]["contact_id"], row["teacher_id"]
        self._line(row, Event.REQUEST, None, State.REQUESTED, Actor.TEACHER, teacher, begun)
        if state in (State.REQUESTED, State.DECLINED, State.EXPIRED):
            row.update(confirmed_at=None, host_answered_at=None, host_answer=Answer.PENDING)
        if state is State.REQUESTED:
            due = self.now + timedelta(days=self.country.chance.randint(2, 9))
            row.update(deadline_at=due, host_answer_due_at=due)
        elif state is State.DECLINED:
            row.update(
                host_answer=Answer.NO, host_answered_at=answered, ended_by=Actor.HOST, end_reason=CancelReason.NO_GUIDE
            )
            self._line(row, ENDS[state], State.REQUESTED, state, Actor.HOST, host, answered)
        elif state is State.EXPIRED:
            row.update(ended_by=Actor.SERVICE)
            self._line(row, ENDS[state], State.REQUESTED, state, Actor.SERVICE, None, answered)
        else:
            self._line(row, Event.HOST_ACCEPT, State.REQUESTED, State.CONFIRMED, Actor.HOST, host, answered)
            if state is State.CONFIRMED:
                self._tell(row, slot, answered)
            else:
                self._end(row, slot, host)

    def _end(self, row: dict[str, Any], slot: dict[str, Any], host: int) -> None:
        state = row["state"]
        if state is State.CANCELLED:
            actor, person, at = Actor.TEACHER, row["teacher_id"], row["updated_at"] + timedelta(hours=1)
            row["end_reason"] = CancelReason.TRANSPORT
        else:
            actor, person, at = Actor.HOST, host, slot["ends_at"] + timedelta(hours=2)
        row.update(ended_by=actor, updated_at=at)
        if state is State.ATTENDED:
            came = max(1, row["pupils"] - self.country.chance.choice((0, 0, 1, 2)))
            row.update(present_pupils=came, present_adults=row["adults"], present_girls=min(row["girls"], came))
            self.records.append(
                {"booking_id": row["id"], "key": "demo", "actor": actor, "outcome": state, "pupils": came,
                 "adults": row["adults"], "girls": row["present_girls"], "stands": True, "is_late": False, "recorded_at": at}
            )  # fmt: skip
        self._line(row, ENDS[state], State.CONFIRMED, state, actor, person, at)

    def _line(
        self, row: dict[str, Any], event: Event, before: State | None, after: State, actor: Actor, person: int | None,
        at: datetime,
    ) -> None:  # fmt: skip
        self.events.append(
            {"booking_id": row["id"], "event": event, "from_state": before, "to_state": after, "actor": actor,
             "person_id": person, "happened_at": at}
        )  # fmt: skip

    def _tell(self, row: dict[str, Any], slot: dict[str, Any], at: datetime) -> None:
        """The mail to the teacher, sent long ago: its body is not kept, as the outbox does."""
        if slot["ends_at"] > self.now:
            key = f"national/{row['id']}"
            self.mails.append(
                {"kind": "booking-confirmed", "recipient": "sent@example.org", "person_id": row["teacher_id"],
                 "booking_id": row["id"], "dedupe_key": key, "message_id": f"<{key}@example.org>", "state": MailState.SENT,
                 "next_attempt_at": at, "created_at": at, "sent_at": at}
            )  # fmt: skip

    def insert(self) -> None:
        for model, rows in ((Booking, self.bookings), (BookingEvent, self.events), (VisitRecord, self.records),
                            (OutgoingMail, self.mails)):  # fmt: skip
            _insert(model, rows)


def _place(activity: dict[str, Any], school: Any) -> dict[str, Any]:
    site = activity["site"]
    if activity["kind"] is ActivityKind.CLASSROOM_WORKSHOP:
        parts = [school.name, school.address, f"{school.postcode} {school.commune_name}".strip()]
        place, where = ", ".join(part for part in parts if part), (school.latitude, school.longitude)
    else:
        place = f"{site['name']}, {site['address']}, {site['postcode']} {site['commune_name']}"
        where = (site["latitude"], site["longitude"])
    return {"place": place, "place_latitude": where[0], "place_longitude": where[1]}


def _insert(model: type, rows: Sequence[dict[str, Any]]) -> None:
    """Into the table, some thousands at a time. The rows of one call have the same columns."""
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        db.session.execute(insert(model.__table__), chunk)  # type: ignore[attr-defined]


def _let_sequences_follow(country: _Country) -> None:
    """PostgreSQL's counters do not see numbers that are given: they go on behind the last one."""
    if db.engine.dialect.name == "postgresql":
        for model, last in country.ids.items():
            name = model.__tablename__  # type: ignore[attr-defined]
            db.session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})"))
