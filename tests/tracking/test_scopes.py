"""Nothing of elsewhere on an officer's pages: every page and export, as every kind of territory, before and after data
is planted outside of it, must read the same."""

from __future__ import annotations

import io
import itertools
import re
from datetime import UTC, date, datetime

import pypdfium2 as pdfium
import pytest
from openpyxl import load_workbook

from booking.accounts.models import ScopeKind
from booking.bookings.declared.models import DeclaredVisit
from booking.bookings.models import BookingEvent, Feedback
from booking.bookings.rules.states import Actor, Answer, Event, State
from booking.catalogue.models import ActivityKind
from booking.core.db import db, transaction
from booking.matching.models import Need
from booking.messages.models import Report
from booking.messages.rules.reports import Ground
from booking.schools import groups
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in

TERRITORIES = [
    (ScopeKind.REGION_ACADEMIQUE, "Île-de-France"),
    (ScopeKind.ACADEMIE, "25"),
    (ScopeKind.DEPARTEMENT, "91"),
    (ScopeKind.PREFECTURE, "91"),
    (ScopeKind.GROUP, "1"),
]
# What a page's address asks beside the membership.
CHOICES = {"what": ("activities", "slots", "bookings", "schools"), "form": ("csv", "xlsx", "json")}
FILTERS = ("", "?school_kind=college", "?departement=33", "?kind=site_visit&level=4E")


def addresses(app, membership_id: int) -> list[str]:
    """Every page of the room that needs nothing but the membership, and each of its lists."""
    found = []
    for rule in app.url_map.iter_rules():
        asked = set(rule.arguments) - {"membership_id"}
        if (
            not rule.endpoint.startswith("tracking.")
            or "GET" not in rule.methods
            or "membership_id" not in rule.arguments
        ):
            continue
        if asked == set():
            found.append(rule.rule.replace("<int:membership_id>", str(membership_id)))
        elif asked <= {"what", "form"}:
            page = rule.rule.replace("<int:membership_id>", str(membership_id))
            for what, form in itertools.product(CHOICES["what"], CHOICES["form"]):
                found.append(re.sub(r"<any\(.*?\):form>", form, re.sub(r"<any\(.*?\):what>", what, page)))
    return list(dict.fromkeys(found))


def plant(departement: str, commune: str, word: str, school=None, **site) -> None:
    """A school, a firm, a booking in every state, a need, an answer, a report: all of them called by this word."""
    school = school or make.make_school(f"Collège {word}", departement, commune_insee=commune, commune_name=word)
    school_class = make.make_class(school=school, pupils=31, girls=13, name=word)
    activity = make.make_activity(
        make.make_site(make.make_company(word, sector="energie"), departement, **site), kind=ActivityKind.FORUM, title=word,
        sector="energie",
    )  # fmt: skip
    for day, state in enumerate(State, start=1):
        slot = make.make_slot(activity, datetime(2027, 1, day, 9), max_classes=3, max_pupils=90)
        booking = make.make_booking(
            slot, school_class, state=state, end_reason="transport", created_at=datetime(2026, 11, day, tzinfo=UTC),
            present_pupils=29 if state is State.ATTENDED else None, host_answer=Answer.YES,
        )  # fmt: skip
        for event, to in ((Event.REQUEST, State.REQUESTED), (Event.HOST_ACCEPT, State.CONFIRMED)):
            db.session.add(BookingEvent(booking_id=booking.id, event=event, to_state=to, actor=Actor.HOST,
                                        happened_at=datetime(2026, 11, day, tzinfo=UTC)))  # fmt: skip
        if state is State.ATTENDED:
            db.session.add(Feedback(booking_id=booking.id, side=Actor.TEACHER, answered_at=NOW, rating=2, comment=word))
    wish = {"first_on": "2027-01-12", "last_on": "2027-01-15", "half": "any"}
    db.session.add(Need(class_id=school_class.id, school_id=school.id, teacher_id=school_class.owner_id, message=word, radius_km=50,
                        theme=word, sectors=["energie"], wishes=[wish], deadline_at=NOW, created_at=NOW, updated_at=NOW))  # fmt: skip
    db.session.add(DeclaredVisit(edition_id=activity.edition_id, school_id=school.id, departement_code=departement, level_code="3E",
                                 pupils=28, company_name=word, kind=ActivityKind.FORUM, visited_on=date(2027, 1, 20),
                                 state=State.CONFIRMED, actor=Actor.TEACHER, declared_by_id=school_class.owner_id,
                                 created_at=NOW, updated_by_id=school_class.owner_id, updated_at=NOW))  # fmt: skip
    make.make_site(make.make_company(f"{word} muette", silent_since=NOW), departement, **site)
    db.session.add(Report(activity_id=activity.id, departement_code=departement, ground=next(iter(Ground)), text=word, source="x",
                          created_at=NOW))  # fmt: skip
    db.session.commit()
    make.make_teacher(school, trusted=False, first_name=word)


@pytest.fixture
def essonne(app, now):
    make.make_departement("91")
    make.make_departement("33", "Gironde", academie="04", academie_name="Bordeaux", region="Nouvelle-Aquitaine")
    make.make_commune("91114", "Brunoy")
    inside = make.make_school()
    plant("91", "91114", "Dedans", inside, commune_insee="91114", commune_name="Brunoy")
    with transaction():
        groups.add_schools(groups.create_group("25", "Bassin").id, [inside.uai])
    return inside


def read(client, address: str) -> str:
    answer = client.get(address)
    # A group of schools has neither people to accept (403) nor rounds (404): that may not depend on others either.
    assert answer.status_code in (200, 403, 404), address
    if address.partition("?")[0].endswith(".xlsx") and answer.status_code == 200:
        book = load_workbook(io.BytesIO(answer.data))
        return "\n".join(repr(row) for sheet in book for row in sheet.iter_rows(values_only=True))
    if address.partition("?")[0].endswith(".pdf") and answer.status_code == 200:
        return "\n".join(page.get_textpage().get_text_range() for page in pdfium.PdfDocument(answer.data))
    # Tokens change with each answer; nothing else may.
    return re.sub(r'name="(csrf_token|key)"[^>]*value="[^"]*"', "", answer.get_data(as_text=True))


@pytest.mark.parametrize(("kind", "code"), TERRITORIES)
def test_what_is_outside_of_a_territory_changes_nothing_on_any_of_its_pages_and_exports(
    essonne, app, client, kind, code
):
    officer = make.make_officer(kind, code)
    signed_in(client, officer)
    pages = addresses(app, officer.memberships[0].id)
    # Every filter in one territory; in the others the one that could widen it.
    filters = FILTERS if kind is ScopeKind.ACADEMIE else ("", "?departement=33")
    asked = [page + query for page in pages for query in filters if not (query and page.endswith(".pdf"))]
    before = {address: read(client, address) for address in asked}
    assert any("Dedans" in page for page in before.values())
    plant("33", "33001", "Dehors")
    if kind is ScopeKind.GROUP:
        plant("91", "91222", "Dehors")
    for address in asked:
        after = read(client, address)
        assert "Dehors" not in after, address
        assert after == before[address], address


def test_the_whole_country_sees_it_all(essonne, app, client):
    officer = make.make_officer(ScopeKind.NATIONAL, None)
    plant("33", "33001", "Dehors")
    signed_in(client, officer)
    pages = {page: read(client, page) for page in addresses(app, officer.memberships[0].id)}
    for page in (
        "bookings",
        "slots",
        "activities",
        "schools",
        "bookings.csv",
        "feedback",
        "people",
        "reports",
        "unmet",
        "unmet.csv",
        "paused",
        "declared",
        "declared.csv",
    ):
        assert "Dehors" in pages[f"/territory/{officer.memberships[0].id}/{page}"], page
