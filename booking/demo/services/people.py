"""The people of the demo: teachers and their classes, a head, officers, an administrator. Hosts come with companies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_security import hash_password
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, MemberState, Person, ScopeKind
from booking.accounts.rules import trust_deadline
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.i18n import _l
from booking.demo import reference
from booking.demo.reference import PASSWORD, DemoClass, DemoTeacher
from booking.demo.rules import Season, address_of
from booking.schools.classes import ClassValues, save_class
from booking.schools.models import Audience, School, SchoolClass

JOINED_DAYS_AGO = 60


class ReferenceIncomplete(Refusal):
    """what: the commune or the school that the reference data lacks."""

    code = "reference_incomplete"
    what: str

    def sentence(self) -> object:
        return _l(
            "Les données de référence sont incomplètes (%(what)s manque) : lancez « flask import reference » puis recommencez.",
            what=self.what,
        )


@dataclass
class Cast:
    """Who is there. classes: those that can be booked for, the demo teacher's own by name in `own`."""

    password: str
    joined_at: datetime
    teacher: Person
    officer: Person
    own: dict[str, SchoolClass] = field(default_factory=dict)
    classes: list[SchoolClass] = field(default_factory=list)
    phones: int = 0

    def person(self, name: str, email: str = "", phone: str = "") -> Person:
        """A new person with a confirmed address and the demo's password."""
        self.phones += 1
        person = _person(name, email or address_of(name), self.password, self.joined_at)
        person.phone, person.mobile = phone, f"06 39 98 {self.phones // 100:02d} {self.phones % 100:02d}"
        return person

    def join(self, person: Person, role: MemberRole, **values: Any) -> Membership:
        """A trusted membership."""
        membership = Membership(role=role, created_at=self.joined_at, trusted_at=self.joined_at, **values)
        person.memberships.append(membership)
        return membership


def make_people(season: Season) -> Cast:
    """Everybody but the hosts, with the classes they have saved. Refuses: ReferenceIncomplete."""
    names = reference.cast()
    # Hashed once: it takes a good part of a second, and the password is the same for all.
    password, joined_at = hash_password(PASSWORD), clock.now() - timedelta(days=JOINED_DAYS_AGO)
    cast = Cast(
        password,
        joined_at,
        teacher=_person(names["teacher"], "teacher@example.org", password, joined_at),
        officer=_person(names["officer"], "officer@example.org", password, joined_at),
    )
    cast.teacher.phone, cast.teacher.mobile = "01 99 00 91 40", "06 39 98 99 40"
    _make_oversight(cast)
    for demo_school in reference.schools():
        school = school_of(demo_school.uai)
        for teacher in demo_school.teachers:
            _make_teacher(cast, school, teacher)
    head = cast.person(names["head"], "head@example.org", "01 99 00 91 41")
    cast.join(head, MemberRole.HEAD, school_id=school_of(names["teacher_school"]).id)
    _make_waiting(cast, school_of(names["teacher_school"]))
    db.session.flush()
    return cast


def school_of(uai: str) -> School:
    """The school of this UAI. Refuses: ReferenceIncomplete."""
    school = db.session.scalar(select(School).where(School.uai == uai))
    if school is None:
        raise ReferenceIncomplete(what=f"UAI {uai}")
    return school


def make_hosts(cast: Cast, company: Company, key: str, names: tuple[str, ...], phone: str) -> list[Person]:
    """The people of a company, the first of whom manages it."""
    host = reference.cast()
    people = []
    for number, name in enumerate(names):
        email = "host@example.org" if (key, name) == (host["host_company"], host["host"]) else ""
        person = cast.person(name, email, phone)
        role = MemberRole.HOST if number else MemberRole.HOST_MANAGER
        cast.join(person, role, company_id=company.id)
        people.append(person)
    db.session.flush()
    return people


def _make_oversight(cast: Cast) -> None:
    names = reference.cast()
    officers = (
        (cast.officer, ScopeKind.ACADEMIE, "25"),
        (cast.person(names["national"], "national@example.org"), ScopeKind.NATIONAL, None),
        (cast.person("Paul Renaudin", "dsden91@example.org"), ScopeKind.DEPARTEMENT, "91"),
        (cast.person("Solange Aubin", "prefecture91@example.org"), ScopeKind.PREFECTURE, "91"),
    )
    for person, kind, code in officers:
        cast.join(person, MemberRole.OFFICER, scope_kind=kind, scope_code=code)
    cast.join(cast.person(names["admin"], "admin@example.org"), MemberRole.ADMIN)


def _make_teacher(cast: Cast, school: School, teacher: DemoTeacher) -> None:
    is_demo_teacher = teacher.name == reference.cast()["teacher"]
    person = cast.teacher if is_demo_teacher else cast.person(teacher.name)
    cast.join(person, MemberRole.TEACHER, school_id=school.id)
    db.session.flush()
    for each in teacher.classes:
        saved = save_class(person.id, school, _values(each))
        if is_demo_teacher:
            cast.own[saved.name] = saved
        else:
            cast.classes.append(saved)


def _make_waiting(cast: Cast, school: School) -> None:
    """Two who are not trusted yet: one waits, of the other the school says that it doesn't know her."""
    due = trust_deadline(clock.now())
    for name, state in (("Nadia Ferrat", MemberState.ACTIVE), ("Irène Castel", MemberState.SUSPENDED)):
        membership = cast.join(cast.person(name), MemberRole.TEACHER, school_id=school.id, state=state)
        membership.created_at, membership.trusted_at, membership.trust_due_at = clock.now(), None, due


def _values(each: DemoClass) -> ClassValues:
    return ClassValues(
        name=each.name,
        audience=Audience.PUPILS if each.level else Audience.STAFF,
        pupils=each.pupils,
        adults=each.adults,
        level_code=each.level or None,
        subject_code=each.subject,
        assistants=each.assistants,
        wheelchairs=each.wheelchairs,
        girls=each.girls,
    )


def _person(name: str, email: str, password: str, joined_at: datetime) -> Person:
    first, _, last = name.partition(" ")
    person = Person(
        email=email,
        first_name=first,
        last_name=last,
        password=password,
        created_at=joined_at,
        confirmed_at=joined_at,
    )
    db.session.add(person)
    return person
