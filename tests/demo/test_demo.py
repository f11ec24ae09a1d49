"""The demo: what it holds, that it is sound, and that the same day gives the same demo."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest
from flask_security import verify_password
from sqlalchemy import func, select

from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.bookings.day_sheets import sheet_of_slot
from booking.bookings.models import Booking, Feedback, VisitRecord
from booking.bookings.queries import explain
from booking.bookings.rules.states import Origin, State
from booking.bookings.suspension_queries import running_suspensions
from booking.calendars.addresses import addresses_of
from booking.catalogue.models import (
    Activity,
    ActivityKind,
    ConfirmationMode,
    Edition,
    PublicationState,
    Slot,
    SlotState,
)
from booking.companies.models import Company, Trust
from booking.companies.rules import check_siren, check_siret
from booking.core import clock
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.demo import reference, services
from booking.demo.services.people import ReferenceIncomplete
from booking.matching.rounds.models import AllocationRound, RoundEntry
from booking.matching.rounds.rules import RoundState
from booking.schools.models import Absence, SchoolClass
from booking.territory.queries import holiday_calendar
from booking.territory.rules import DayKind
from tests import make
from tests.conftest import NOW
from tests.demo.conftest import run
from tests.demo.small_france import NEIGHBOURS, contents


def count(model, *where) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where))


def of_edition(slug: str):
    return Activity.edition_id == select(Edition.id).where(Edition.slug == slug).scalar_subquery()


def current_slots() -> list[Slot]:
    return list(db.session.scalars(select(Slot).join(Slot.activity).where(of_edition("janvier-2027"))))


def person(email: str) -> Person:
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def test_the_demo_holds_what_it_promises(demo):
    assert 25 <= count(Company) <= 35
    assert count(Company, Company.trust == Trust.PENDING) == 1
    assert count(Activity, of_edition("janvier-2027")) + count(Activity, of_edition("toute-l-annee")) >= 60
    assert len(current_slots()) >= 200
    assert {*db.session.scalars(select(Edition.slug))} == {"janvier-2027", "toute-l-annee", "novembre-2025", "2011"}
    kinds = db.session.scalars(select(Activity.kind).where(of_edition("janvier-2027")).distinct())
    assert set(kinds) == set(ActivityKind)
    assert set(db.session.scalars(select(Activity.confirmation).distinct())) == set(ConfirmationMode)
    assert count(Activity, Activity.state == PublicationState.DRAFT) >= 3
    assert count(Activity, Activity.dates_to_agree) >= 3


def test_the_demo_breaks_no_invariant(demo):
    assert violations() == []


def test_every_state_that_can_be_reached_is_shown(demo):
    current = select(Edition.id).where(Edition.slug == "janvier-2027").scalar_subquery()
    states = Counter(db.session.scalars(select(Booking.state).where(Booking.edition_id == current)))
    assert set(states) == {State.CONFIRMED, State.REQUESTED, State.HELD, State.DECLINED, State.CANCELLED, State.WAITING}
    assert count(Slot, Slot.state == SlotState.CANCELLED, Slot.cancelled_reason != "") == 1
    assert count(Booking, Booking.reconfirm_by.is_not(None)) >= 1
    full = [slot for slot in current_slots() if not slot.free_pupils]
    assert 20 <= len(full) <= 150
    origins = dict(
        db.session.execute(select(Edition.slug, Booking.origin).join(Booking.edition).distinct()).tuples().all()
    )
    assert (origins["2011"], origins["novembre-2025"]) == (Origin.DECLARED, Origin.DIRECT)


def test_slots_are_on_days_of_class_three_weeks_ahead_or_more_and_most_near_the_week(demo):
    calendar = holiday_calendar("91")
    # But for the one of the day, which nobody books any more.
    days = [slot.local_start.date() for slot in current_slots() if slot.closes_at > NOW]
    assert min(days) >= date(2026, 12, 15)
    assert all(calendar.status(day).kind is DayKind.TERM and day.weekday() < 5 for day in days)
    near = [day for day in days if date(2027, 1, 4) <= day <= date(2027, 2, 5)]
    assert len(near) > len(days) / 2


def test_companies_and_schools_stand_in_essonne_and_around_and_their_numbers_are_nobody_else_s(demo):
    for company in db.session.scalars(select(Company)):
        assert check_siren(company.siren).startswith("000")
        for site in company.sites:
            assert check_siret(site.siret).startswith(company.siren)
            assert site.departement_code in NEIGHBOURS and site.latitude is not None
    assert set(db.session.scalars(select(SchoolClass.school_id))) == set(
        db.session.scalars(select(Membership.school_id).where(Membership.role == MemberRole.TEACHER))
    )


def test_the_teacher_has_a_life_and_a_free_visit_to_book(demo):
    teacher = person("teacher@example.org")
    classes = {each.name: each for each in db.session.scalars(
        select(SchoolClass).where(SchoolClass.owner_id == teacher.id, SchoolClass.archived_at.is_(None)))}  # fmt: skip
    assert (classes["4e B"].pupils, classes["4e B"].adults) == (27, 3)
    mine = list(db.session.scalars(select(Booking).where(Booking.teacher_id == teacher.id)))
    assert {booking.state for booking in mine} >= {
        State.CONFIRMED, State.REQUESTED, State.HELD, State.DECLINED, State.CANCELLED,
    }  # fmt: skip
    free = db.session.scalars(
        select(Slot).join(Slot.activity).where(
            Activity.title.startswith("Dans les coulisses"), of_edition("janvier-2027"),
            Slot.local_start.between(datetime(2027, 1, 18), datetime(2027, 1, 25)), Slot.taken_classes == 0,
        ).order_by(Slot.local_start)
    ).first()  # fmt: skip
    assert free.activity.confirmation is ConfirmationMode.INSTANT
    assert explain(free, classes["4e B"]).obstacles == []
    assert free.local_start.date() not in {booking.slot.local_start.date() for booking in mine}


def test_the_visit_of_the_day_opens_its_pages_and_the_last_edition_has_opinions(demo):
    here = next(slot for slot in current_slots() if slot.closes_at <= NOW)
    assert here.local_start.date() == date(2026, 11, 24)
    assert here.activity.contact.memberships[0].company_id == person("host@example.org").memberships[0].company_id
    lines = sheet_of_slot(here).lines
    assert len(lines) == 2 and lines[0].booking.teacher.email == "teacher@example.org" and lines[0].mobile
    assert count(Feedback) > 20
    assert count(VisitRecord) > 20


def test_a_class_is_away_outings_are_suspended_elsewhere_and_the_teacher_s_agenda_follows(demo):
    teacher = person("teacher@example.org")
    (absence,) = db.session.scalars(db.select(Absence)).all()
    assert (absence.school_id, absence.reason) == (teacher.memberships[0].school_id, "stage d’observation")
    (suspension,) = running_suspensions()
    assert suspension.departement_code == "78"
    assert len(addresses_of(teacher)) == 1


def test_the_host_has_requests_that_wait_and_full_dates(demo):
    company_id = person("host@example.org").memberships[0].company_id
    hosted = select(Slot).join(Slot.activity).where(Activity.company_id == company_id, of_edition("janvier-2027"))
    slots = list(db.session.scalars(hosted))
    waiting = select(Booking.id).where(Booking.state == State.REQUESTED, Booking.slot_id.in_([s.id for s in slots]))
    assert len(db.session.scalars(waiting).all()) >= 2
    assert sum(not slot.free_classes for slot in slots) >= 3


def test_the_teacher_is_in_line_behind_another_class_for_a_full_date_of_the_host(demo):
    teacher = person("teacher@example.org")
    [mine] = db.session.scalars(select(Booking).where(Booking.teacher_id == teacher.id, Booking.state == State.WAITING))
    assert (mine.slot.waiting_classes, mine.slot.free_classes) == (2, 0)
    assert mine.slot.activity.company_id == person("host@example.org").memberships[0].company_id


def test_everybody_can_sign_in_and_is_trusted_but_the_two_who_show_the_officer_s_queue(demo):
    cast = {f"{name}@example.org" for name in ("teacher", "host", "head", "officer", "national", "admin")}
    people = list(db.session.scalars(select(Person)))
    assert cast <= {person.email for person in people}
    assert all(verify_password(reference.PASSWORD, person.password) for person in people if person.email in cast)
    assert all(person.confirmed_at for person in people)
    waiting = [person.memberships[0] for person in people if not person.memberships[0].is_trusted]
    assert sorted(membership.state for membership in waiting) == [MemberState.ACTIVE, MemberState.SUSPENDED]


def test_the_first_edition_notes_that_the_sources_differ(demo):
    first = db.session.scalars(select(Edition).where(Edition.slug == "2011")).one()
    assert (first.starts_on, first.ends_on) == (date(2011, 4, 4), date(2011, 4, 11))
    assert "4 au 11 avril" in first.dates_source and "4 au 10" in first.dates_source


@pytest.mark.deep
@pytest.mark.usefixtures("small_france")
def test_the_same_day_gives_the_same_demo(demo_app):
    with transaction():
        services.load_demo()
    here = contents()
    with demo_app.app_context():
        there = contents()
        db.session.remove()
    assert {table: rows for table, rows in here.items() if rows != there[table]} == {}


@pytest.mark.deep
def test_the_demo_loads_in_any_season_on_either_database(both_databases, small_france, set_now):
    # A summer beyond the shipped calendars on one, the last days of a school year on the other.
    day = {"sqlite": date(2028, 8, 5), "postgresql": date(2027, 6, 20)}[both_databases]
    set_now(datetime(day.year, day.month, day.day, 6, 0, tzinfo=UTC))
    with transaction():
        services.load_demo()
    assert violations() == []
    assert count(Slot, Slot.starts_at > clock.now()) >= 200


def test_a_missing_school_is_said(small_france):
    db.session.execute(db.text("DELETE FROM school WHERE uai = '0910009R'"))
    db.session.commit()
    with pytest.raises(ReferenceIncomplete, match="reference_incomplete") as refusal, transaction():
        services.load_demo()
    assert "0910009R" in refusal.value.message
    assert services.is_empty()


# ---- The command


def test_the_command_refuses_a_base_in_use_and_does_nothing_to_it(small_france, app):
    make.make_person("somebody@example.org")
    refused = run(app)
    assert refused.exit_code == 1
    assert "contient déjà des données" in refused.output
    assert run(app, "--if-empty").exit_code == 0
    not_here = run(app, "--reset")
    assert not_here.exit_code == 1 and "APP_ENV=development" in not_here.output
    assert list(db.session.scalars(select(Person.email))) == ["somebody@example.org"]


def test_the_command_empties_the_base_in_development_when_asked_loads_the_demo_and_says_who_is_there(loaded, demo):
    said = (loaded / "said").read_text()
    assert re.search(r"teacher@example\.org +enseignante", said) and "etabli-demo" in said
    assert count(Person, Person.email == "somebody@example.org") == 0
    again = run(demo, "--if-empty")
    assert again.exit_code == 0 and "teacher@example.org" in again.output


def test_a_round_is_open_and_classes_have_ranked_their_wishes(demo):
    each = db.session.scalars(select(AllocationRound)).one()
    assert each.state is RoundState.OPEN and each.takes_wishes(NOW)
    assert count(RoundEntry) >= 5
    assert count(Slot, Slot.round_until.is_not(None)) >= 2
