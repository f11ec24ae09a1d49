"""The map of silence: who is not reached, what is free near them, who was called."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from html import unescape
from math import inf

import numpy as np
import pytest
from sqlalchemy import event

from booking.accounts.models import Person, ScopeKind
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.rules.states import Actor, State
from booking.bookings.services import request_places
from booking.catalogue.models import ActivityKind, SlotAudience, SlotState
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.schools.models import SchoolKind
from booking.territory.rules import distance_km
from booking.tracking.maps import frames
from booking.tracking.models import ContactKind, SchoolContact
from booking.tracking.scope import scope_of
from booking.tracking.silence import queries, services
from booking.tracking.silence.filters import SilenceFilters, read_silence_filters
from booking.tracking.silence.rules import (
    Counted,
    FreeOffer,
    Position,
    distances_km,
    fold_by,
    nearest,
    whole,
)
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in

EVERYTHING = SilenceFilters()
EVRY, BRUNOY, LYON = (48.63, 2.44), (48.70202, 2.49541), (45.75, 4.85)


def text_of(response) -> str:
    return " ".join(unescape(response.get_data(as_text=True)).replace("\u00a0", " ").split())


# ---- Rules


def offer(id_=1, place=EVRY, kinds=frozenset(SchoolKind), comes=False, reach_km=None) -> FreeOffer:
    first = datetime(2027, 1, 12, 9, 0)
    return FreeOffer(id_, "Visite", "Turbines", "Évry", *place, comes, reach_km, frozenset(kinds), first, 1)


def test_the_nearest_offers_come_first_and_far_ones_not_at_all():
    school = Position(7, SchoolKind.COLLEGE, *BRUNOY)
    found = nearest([school], [offer(1, LYON), offer(2, EVRY), offer(3, BRUNOY)])[7]
    assert [near.offer.id for near in found] == [3, 2]
    assert round(found[1].km) == round(distance_km(*BRUNOY, *EVRY))
    assert found[1].minutes > found[0].minutes


def test_a_school_is_offered_only_what_suits_its_kind():
    school = Position(7, SchoolKind.ECOLE, *BRUNOY)
    assert nearest([school], [offer(kinds={SchoolKind.LYCEE})]) == {}


def test_a_speaker_is_near_only_where_they_accept_to_go_and_nobody_travels():
    school = Position(7, SchoolKind.COLLEGE, *BRUNOY)
    assert nearest([school], [offer(comes=True, reach_km=5)]) == {}
    (near,) = nearest([school], [offer(comes=True, reach_km=20)])[7]
    assert near.minutes is None


def test_cells_change_nothing_to_who_is_nearest():
    chance = np.random.default_rng(4)
    schools = [
        Position(n, SchoolKind.COLLEGE, *place)
        for n, place in enumerate(chance.uniform((42, -4), (51, 8), (60, 2)).tolist())
    ]
    offers = [offer(n, place) for n, place in enumerate(chance.uniform((42, -4), (51, 8), (150, 2)).tolist())]
    found = nearest(schools, offers)
    for school in schools:
        by_hand = sorted(
            (distance_km(school.latitude, school.longitude, o.latitude, o.longitude), o.id) for o in offers
        )
        expected = [id_ for km, id_ in by_hand if km <= 100][:3]
        assert [near.offer.id for near in found.get(school.id, [])] == expected


def test_the_distances_of_a_table_are_those_of_the_rule():
    assert distances_km(np.array([EVRY]), np.array([LYON]))[0, 0] == pytest.approx(distance_km(*EVRY, *LYON))


def part(kind=SchoolKind.COLLEGE, place="91114", **values) -> Counted:
    defaults = dict(
        is_public=True, priority="", schools=1, reached=0, enrolled=0, coming=0, latitude=None, longitude=None
    )
    return Counted(kind=kind, place=place, place_name="Brunoy", **{**defaults, **values})


def test_shares_add_up_whatever_they_are_told_by():
    parts = [
        part(schools=3, reached=1, enrolled=900, coming=27),
        part(SchoolKind.LYCEE, schools=1, reached=1, enrolled=1000, coming=60, place="91228"),
        part(SchoolKind.ECOLE, schools=6),
    ]
    all_ = whole(parts)
    assert (all_.schools, all_.reached, all_.silent, all_.enrolled, all_.coming) == (10, 2, 8, 1900, 87)
    for key in (lambda p: p.kind, lambda p: p.place, lambda p: p.is_public):
        shares = fold_by(parts, key)
        assert sum(share.schools for share in shares) == 10
        assert sum(share.coming for share in shares) == 87
    ecoles = fold_by(parts, lambda p: p.kind)[2]
    assert (ecoles.of_schools, ecoles.of_pupils) == (0, None)


def test_every_departement_that_has_an_outline_is_drawn_within_its_frame():
    drawn = frames(None)
    assert {"91", "2A"} <= drawn[0].codes
    assert all(len(frame.codes) == 1 for frame in drawn[1:])
    x, y = drawn[0].point(*EVRY)
    assert 0 < x < drawn[0].width and 0 < y < drawn[0].height
    assert not drawn[0].holds(-21.1, 55.5)
    (alone,) = frames(["974"])
    assert alone.width > 300 and alone.holds(-21.1, 55.5)
    assert frames(["975"]) == []


def test_values_of_the_address_that_do_not_exist_are_said_and_ignored():
    filters, ignored = read_silence_filters({"departement": "92", "priority": "REP ", "status": "private"}, {"91"})
    assert (filters.departement, filters.priority, filters.status) == ("", "REP+", "private")
    assert len(ignored) == 1 and "92" in ignored[0]


# ---- Reads


@pytest.fixture
def officer(app, now):
    make.make_departement()
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    return make.make_officer(email="odile@example.org")


def scope_for(officer):
    return scope_of(officer.memberships[0])


def names(officer, edition, filters=EVERYTHING):
    page = queries.page_of_silence(scope_for(officer), edition, filters, 1)
    return [row.school.name for row in page.rows]


def book(slot, school, **values):
    school_class = make.make_class(school=school, **values)
    with transaction():
        return request_places(slot.id, school_class.id, db.session.get_one(Person, school_class.owner_id))


def declare(edition, school, officer, **values):
    visit = DeclaredVisit(
        edition_id=edition.id, school_id=school.id, departement_code=school.departement_code, level_code="4E",
        company_name="Turbines", kind=ActivityKind.SITE_VISIT, visited_on=date(2027, 1, 14), state=State.CONFIRMED,
        actor=Actor.OFFICER, declared_by_id=officer.id, created_at=NOW, updated_by_id=officer.id, updated_at=NOW,
        **{"pupils": 20, **values},
    )  # fmt: skip
    db.session.add(visit)
    db.session.commit()
    return visit


@pytest.mark.usefixtures("both_databases")
def test_a_school_is_silent_until_a_booking_holds_a_place(officer):
    edition, slot = make.make_edition(), make.make_slot()
    reached, declined, _never = (make.make_school(name) for name in ("Reached", "Declined", "Never"))
    make.make_school("Section", is_listed=False)
    make.make_school("Beyond", departement="77")
    make.make_booking(slot, make.make_class(school=declined), state=State.DECLINED)
    book(slot, reached)
    assert names(officer, edition) == ["Declined", "Never"]
    (share,) = queries.counted(scope_for(officer), edition, EVERYTHING, by_commune=True)
    assert (share.schools, share.reached) == (3, 1)


@pytest.mark.usefixtures("both_databases")
def test_never_in_any_edition_leaves_out_who_came_in_an_earlier_one(officer):
    past, edition = make.make_edition("2011"), make.make_edition()
    old, _new = make.make_school("Old"), make.make_school("New")
    slot = make.make_slot(make.make_activity(edition=past))
    make.make_booking(slot, make.make_class(school=old), state=State.ATTENDED, present_pupils=20, present_adults=2)
    assert names(officer, edition) == ["New", "Old"]
    assert names(officer, edition, SilenceFilters(since="ever")) == ["New"]


@pytest.mark.usefixtures("both_databases")
def test_a_school_with_a_declared_visit_is_reached_until_it_is_withdrawn(officer):
    past, edition, slot = make.make_edition("2011"), make.make_edition(), make.make_slot()
    told, both, old = (make.make_school(name, pupils_count=100) for name in ("Told", "Both", "Old"))
    book(slot, both, pupils=25)
    first = declare(edition, told, officer, class_name="4e B", pupils=27)
    # The same class again, another one, and one where something is booked already.
    again = declare(edition, told, officer, class_name="4E b", pupils=26)
    other = declare(edition, told, officer, class_name="4e C", pupils=20)
    declare(edition, both, officer, pupils=30)
    declare(past, old, officer)
    assert names(officer, edition) == ["Old"]
    assert names(officer, edition, SilenceFilters(since="ever")) == []
    assert queries.is_reached(told.id, edition) and not queries.is_reached(old.id, edition)
    all_ = whole(queries.counted(scope_for(officer), edition, EVERYTHING, by_commune=True))
    assert (all_.schools, all_.reached, all_.coming) == (3, 2, 25 + 27 + 20)
    for visit in (first, again, other):
        visit.state = State.CANCELLED
    db.session.commit()
    assert names(officer, edition) == ["Old", "Told"]
    all_ = whole(queries.counted(scope_for(officer), edition, EVERYTHING, by_commune=True))
    assert (all_.reached, all_.coming) == (1, 25)


@pytest.mark.usefixtures("both_databases")
def test_filters_narrow_the_list_and_the_shares_alike(officer):
    edition = make.make_edition()
    make.make_commune("91114", "Brunoy", "91800")
    make.make_school("École", kind=SchoolKind.ECOLE)
    make.make_school("Privé", is_public=False)
    make.make_school("Prioritaire", priority_education="REP+")
    make.make_school("Ailleurs", commune_insee="91228", commune_name="Évry-Courcouronnes", postcode="91000")
    make.make_commune()
    for filters, expected in (
        (SilenceFilters(school_kind="ecole"), ["École"]),
        (SilenceFilters(status="private"), ["Privé"]),
        (SilenceFilters(priority="REP+"), ["Prioritaire"]),
        (SilenceFilters(priority="none", school_kind="college"), ["Privé", "Ailleurs"]),
        (SilenceFilters(commune="brunoy", school_kind="college"), ["Prioritaire", "Privé"]),
        (SilenceFilters(commune="évry courcouronnes"), ["Ailleurs"]),
        (SilenceFilters(commune="91000"), ["Ailleurs"]),
        (SilenceFilters(commune="nulle part"), []),
    ):
        assert sorted(names(officer, edition, filters)) == sorted(expected)
        counted = queries.counted(scope_for(officer), edition, filters, by_commune=False)
        assert whole(counted).silent == len(expected)


@pytest.mark.usefixtures("both_databases")
def test_a_class_that_comes_twice_counts_once_in_the_share_of_pupils(officer):
    edition, activity = make.make_edition(), make.make_activity()
    school = make.make_school(pupils_count=500)
    unknown = make.make_school("Sans effectif")
    teacher = make.make_teacher(school)
    school_class = make.make_class(teacher, school, pupils=25)
    for day in (11, 13):
        slot = make.make_slot(activity, local_start=datetime(2027, 1, day, 9, 0))
        with transaction():
            request_places(slot.id, school_class.id, db.session.get_one(Person, teacher.id))
    book(make.make_slot(activity, local_start=datetime(2027, 1, 14, 9, 0)), unknown, pupils=30)
    all_ = whole(queries.counted(scope_for(officer), edition, EVERYTHING, by_commune=True))
    assert (all_.reached, all_.enrolled, all_.coming) == (2, 500, 25)


@pytest.mark.usefixtures("both_databases")
def test_only_what_a_class_could_still_book_is_near(officer):
    edition, school = make.make_edition(), make.make_school()
    free = make.make_slot(make.make_activity(title="Libre", levels=("4E",)))
    make.make_slot(free.activity, local_start=datetime(2027, 1, 13, 9, 0))
    for title, values in (
        ("Complet", dict(taken_classes=1, taken_pupils=20)),
        ("Annulé", dict(state=SlotState.CANCELLED)),
        ("Réservé", dict(audience=SlotAudience.RESERVED)),
        ("Clos", dict(closes_days_before=60)),
    ):
        make.make_slot(make.make_activity(title=title), **values)
    make.make_slot(make.make_activity(title="Lycée", levels=("TGEN",)))
    make.make_slot(make.make_activity(title="Enseignants", kind=ActivityKind.TEACHERS_VISIT, levels=()))
    make.make_slot(make.make_activity(make.make_site(make.make_company(trusted=False)), title="À vérifier"))
    (near,) = queries.near_school(school, edition, 5)
    assert (near.offer.title, near.offer.slots, near.offer.first) == ("Libre", 2, datetime(2027, 1, 12, 9, 0))


@pytest.mark.usefixtures("both_databases")
def test_the_list_can_begin_with_whoever_has_a_free_slot_nearest(officer):
    edition, slot = make.make_edition(), make.make_slot()
    site = slot.activity.site
    make.make_school("A loin", latitude=48.4, longitude=2.1)
    make.make_school("B sans position", latitude=None, longitude=None)
    make.make_school("C tout près", latitude=site.latitude, longitude=site.longitude)
    assert names(officer, edition, SilenceFilters(sort="near")) == ["C tout près", "A loin", "B sans position"]
    every = queries.every_silent(scope_for(officer), edition, SilenceFilters(sort="near"))
    assert [row.school.name for row in every] == ["C tout près", "A loin", "B sans position"]
    assert (every[2].near[0].km if every[2].near else inf) == inf


@pytest.mark.usefixtures("both_databases")
def test_the_number_of_statements_does_not_grow_with_schools_and_slots(officer):
    edition, scope = make.make_edition(), scope_for(officer)

    def statements() -> int:
        seen: list[str] = []

        def count(_connection, _cursor, statement, *_rest):
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", count)
        try:
            db.session.expire_all()
            queries.page_of_silence(scope, edition, EVERYTHING, 1)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    make.make_slot()
    make.make_school()
    few = statements()
    for _number in range(4):
        make.make_slot(make.make_activity())
        make.make_school()
    assert statements() == few


# ---- Calls


@pytest.mark.usefixtures("both_databases")
def test_a_call_is_noted_once_and_can_be_taken_back(officer):
    edition, school = make.make_edition(), make.make_school()
    for _press in range(2):
        with transaction():
            services.note_contact(school, edition, officer, ContactKind.CALLED, date(2026, 11, 24), "Rappeler lundi.")
    (contact,) = queries.contacts_of(school.id, edition)
    assert names(officer, edition, SilenceFilters(contact="to_call")) == []
    assert names(officer, edition, SilenceFilters(contact="done")) == [school.name]
    with transaction():
        services.undo_contact(contact.id, officer)
    assert names(officer, edition, SilenceFilters(contact="to_call")) == [school.name]
    with pytest.raises(services.ContactUndone), transaction():
        services.undo_contact(contact.id, officer)
    assert db.session.get(SchoolContact, contact.id).undone_by_id == officer.id
    assert violations() == []


def test_a_call_cannot_be_noted_before_its_day(officer):
    with pytest.raises(services.ContactToCome), transaction():
        services.note_contact(make.make_school(), make.make_edition(), officer, ContactKind.CALLED, date(2026, 11, 25))


# ---- Pages


def silence_of(person) -> str:
    return f"/territory/{person.memberships[0].id}/silence"


def test_an_officer_finds_a_silent_school_and_the_letter_to_send(client, officer):
    make.make_slot(make.make_activity(title="Dans les turbines"))
    school = make.make_school(priority_education="REP")
    signed_in(client, officer)
    page = text_of(client.get(silence_of(officer)))
    assert "1 établissement sans visite" in page and "Dans les turbines" in page and "Préparer l’appel" in page
    page = client.get(f"{silence_of(officer)}/{school.id}")
    assert f"mailto:ce.{school.uai.lower()}@ac-versailles.fr?subject=" in page.get_data(as_text=True)
    page = text_of(page)
    assert "aucune classe de votre établissement" in page
    assert "« Dans les turbines » (Turbines du Hurepoix, Évry-Courcouronnes), mardi 12 janvier 2027" in page
    assert "Odile Martin Académie de Versailles" in page


def test_the_letter_stays_in_french_for_an_officer_who_reads_english(client, officer):
    make.make_edition()
    school = make.make_school()
    signed_in(client, officer)
    page = text_of(client.get(f"/en{silence_of(officer)}/{school.id}"))
    assert "Madame, Monsieur," in page


def test_a_private_school_has_no_address_to_guess_but_its_text_is_there(client, officer):
    make.make_edition()
    school = make.make_school(is_public=False)
    signed_in(client, officer)
    page = text_of(client.get(f"{silence_of(officer)}/{school.id}"))
    assert "Aucune adresse connue" in page and "mailto:" not in page and "Madame, Monsieur," in page


def test_a_call_is_noted_on_the_page_and_shows_in_the_list(client, officer):
    make.make_edition()
    school = make.make_school()
    signed_in(client, officer)
    address = f"{silence_of(officer)}/{school.id}"
    page = text_of(client.post(address, data={"contacted_on": "25/11/2026", "note": "Rappeler."}))
    assert "Dites si vous avez appelé ou écrit." in page and "Rappeler." in page
    page = text_of(client.post(address, data={"kind": "called", "contacted_on": "25/11/2026"}))
    assert "Ce jour n’est pas encore venu" in page
    client.post(address, data={"kind": "called", "contacted_on": "24/11/2026", "note": "Rappeler."})
    assert "Appelé" in text_of(client.get(silence_of(officer)))
    (contact,) = db.session.scalars(db.select(SchoolContact))
    page = text_of(client.post(f"{address}/contacts/{contact.id}/undoing", follow_redirects=True))
    assert "La note est retirée" in page


def test_what_is_beyond_the_territory_is_a_404(client, officer):
    make.make_edition()
    there, here = make.make_school(departement="77"), make.make_school()
    signed_in(client, officer)
    assert client.get(f"{silence_of(officer)}/{there.id}").status_code == 404
    assert client.post(f"{silence_of(officer)}/{there.id}", data={"kind": "called"}).status_code == 404
    with transaction():
        contact = services.note_contact(there, make.make_edition(), officer, ContactKind.CALLED, date(2026, 11, 24))
    for school in (there, here):
        undoing = f"{silence_of(officer)}/{school.id}/contacts/{contact.id}/undoing"
        assert client.post(undoing).status_code == 404
    other = make.make_officer(ScopeKind.DEPARTEMENT, "77")
    for path in ("", ".csv", f"/{here.id}"):
        assert client.get(f"{silence_of(other)}{path}").status_code == 404
    assert not db.session.get(SchoolContact, contact.id).undone_at


def test_the_table_has_the_rows_of_the_screen_and_no_formula(client, officer):
    make.make_slot()
    make.make_school("=HYPERLINK(1)")
    make.make_school(kind=SchoolKind.ECOLE)
    signed_in(client, officer)
    answer = client.get(f"{silence_of(officer)}.csv?school_kind=college")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 2
    assert rows[1][1] == "'=HYPERLINK(1)"
    page = text_of(client.get(f"{silence_of(officer)}?school_kind=college"))
    assert "1 établissement sans visite" in page
