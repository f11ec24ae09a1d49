"""Slots kept for invited schools: the host's page, the private link, and what it does and doesn't open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from booking.accounts.models import ActionLink, Person
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.models import SlotAudience, SlotInvitation
from booking.core.checks import violations
from booking.core.db import db
from booking.schools.models import School
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def school(app):
    make.make_edition()
    return make.make_school()


@pytest.fixture
def slot(school):
    return make.make_slot(audience=SlotAudience.RESERVED)


@pytest.fixture
def host(slot):
    return slot.activity.contact


@pytest.fixture
def school_class(school):
    return make.make_class(make.make_teacher(school))


@pytest.fixture
def visitor(app):
    return app.test_client()


def address(slot) -> str:
    activity = slot.activity
    return f"/company/{activity.company_id}/activities/{activity.id}/slots/{slot.id}/invitations"


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def invite(client, host, slot, **typed):
    """The path of the private link that the host is shown."""
    answer = signed_in(client, host).post(address(slot), data={"school_search": "", **typed})
    found = re.search(r'value="https?://[^"/]+(/a/[^"]+)"', answer.text)
    assert found, text_of(answer)
    return found.group(1)


def book(client, slot, school_class):
    teacher = db.session.get_one(Person, school_class.owner_id)
    return signed_in(client, teacher).post(
        f"/teacher/slots/{slot.id}/book", data={"class_id": school_class.id, "adults": "3"}
    )


def bookings():
    return db.session.scalars(select(Booking)).all()


# ---- Who may book


def test_only_an_invited_school_books_a_reserved_slot(client, host, slot, school, school_class):
    assert "réservé à des établissements invités" in text_of(book(client, slot, school_class))
    invite(client, host, slot, school_search=school.uai)
    assert "réservé à des établissements invités" in text_of(book(client, slot, make.make_class()))
    assert book(client, slot, school_class).status_code == 302
    assert [each.state for each in bookings()] == [State.CONFIRMED]
    assert violations() == []


def test_an_invitation_taken_back_opens_nothing_more_and_keeps_what_is_booked(client, host, slot, school, school_class):
    path = invite(client, host, slot, school_search=school.uai)
    book(client, slot, school_class)
    invitation = db.session.scalars(select(SlotInvitation)).one()
    signed_in(client, host).post(f"{address(slot)}/{invitation.id}/revocation")
    assert client.get(path).status_code == 404
    assert [each.state for each in bookings()] == [State.CONFIRMED]
    other = make.make_class(db.session.get_one(Person, school_class.owner_id), name="3e A")
    assert "réservé à des établissements invités" in text_of(book(client, slot, other))


def test_a_lapsed_invitation_grants_nothing(client, host, slot, school, school_class, set_now):
    path = invite(client, host, slot, school_search=school.uai)
    set_now(slot.closes_at + timedelta(minutes=1))
    assert client.get(path).status_code == 404
    assert book(client, slot, school_class).status_code == 200
    assert bookings() == []


# ---- The link


def test_the_link_shows_the_one_slot_to_anybody_and_sets_no_cookie(client, visitor, host, slot, school):
    make.make_slot(slot.activity, local_start=slot.local_start + timedelta(days=1))
    path = invite(client, host, slot, school_search=school.uai)
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert f"réservé à {school.one_line}" in text_of(answer)
    assert f"slot%3D{slot.id}" in answer.text
    assert "mardi 12 janvier" in text_of(answer)
    assert "mercredi 13 janvier" not in text_of(answer)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]


def test_only_the_hash_of_the_token_is_kept(client, host, slot):
    token = invite(client, host, slot).rpartition("/")[2]
    assert len(token) >= 22
    link = db.session.scalars(select(ActionLink)).one()
    assert token not in str(vars(link))
    assert token not in signed_in(client, host).get(address(slot)).text


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that the application runs meanwhile."""
    ran: list[str] = []

    def note(_connection, _cursor, statement, *_more):
        ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield ran
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_guessed_expired_and_revoked_links_cannot_be_told_apart(
    client, host, slot, school, school_class, set_now, app, method, is_signed_in
):
    """The same bytes, the same headers and the same work: not the time, which no test can hold still."""
    revoked = invite(client, host, slot, school_search=school.uai)
    invitation = db.session.scalars(select(SlotInvitation)).one()
    client.post(f"{address(slot)}/{invitation.id}/revocation")
    expired = invite(client, host, slot, school_search=school.uai)
    guessed = expired[:-1] + ("A" if expired[-1] != "A" else "B")
    set_now(slot.closes_at)
    reader = app.test_client()
    if is_signed_in:
        signed_in(reader, db.session.get_one(Person, school_class.owner_id))
        reader.get("/programme")  # whatever the first page, it gives the session its token against forged forms
    seen = set()
    for path in (guessed, expired, revoked):
        db.session.remove()
        with statements() as ran:
            answer = reader.open(path, method=method)
        # The address itself is on every page, in the link to its other language; the token of forms tells the second.
        body = re.sub(rb'"csrf_token" value="[^"]+"', b"", answer.data.replace(path.encode(), b""))
        seen.add((answer.status, tuple(answer.headers), body, tuple(ran)))
    assert len(seen) == 1
    [(status, _headers, _body, ran)] = seen
    assert status == "404 NOT FOUND"
    assert sum("FROM action_link" in statement for statement in ran) == 1


@pytest.mark.parametrize("token", ["guess", "x" * 400, "%00", "%FF%FE", "é", "..%2F.."])
def test_what_is_no_token_at_all_is_not_found_either(visitor, token):
    assert visitor.get(f"/a/{token}").status_code == 404


def test_a_link_without_school_is_taken_by_a_post_and_by_one_school_only(client, host, slot, school, school_class):
    path = invite(client, host, slot)
    teacher = db.session.get_one(Person, school_class.owner_id)
    page = signed_in(client, teacher).get(path)
    assert f"Accepter pour {school.name}" in text_of(page)
    assert db.session.scalars(select(SlotInvitation)).one().school_id is None
    assert "vous pouvez réserver" in text_of(client.post(path, data={"school_id": school.id}, follow_redirects=True))
    assert book(client, slot, school_class).status_code == 302
    late = make.make_class()
    stranger = signed_in(client, db.session.get_one(Person, late.owner_id))
    answer = stranger.post(path, data={"school_id": late.school_id}, follow_redirects=True)
    assert "a servi à un autre établissement" in text_of(answer)
    assert db.session.scalars(select(SlotInvitation)).one().school_id == school.id


def test_nobody_accepts_for_a_school_that_is_not_theirs_or_without_an_account(client, visitor, host, slot, school):
    path = invite(client, host, slot)
    stranger = make.make_teacher()
    signed_in(client, stranger).post(path, data={"school_id": school.id})
    visitor.post(path, data={"school_id": school.id})
    assert db.session.scalars(select(SlotInvitation)).one().school_id is None


# ---- The host's page


def test_a_slot_open_to_all_needs_no_link(client, school):
    slot = make.make_slot()
    answer = signed_in(client, slot.activity.contact).post(address(slot), data={"school_search": ""})
    assert "ouvert à toutes les classes" in text_of(answer)


def test_several_schools_that_answer_are_offered_to_choose_from(client, host, slot, school):
    for name in ("Collège Jean Moulin", "Collège Jean Moulin bis"):
        found = make.make_school(name)
        db.session.execute(
            db.update(School).where(School.id == found.id).values(search_text=" / college jean moulin ", is_listed=True)
        )
    db.session.commit()
    client = signed_in(client, host)
    answer = client.post(address(slot), data={"school_search": "jean moulin"})
    assert "Plusieurs établissements répondent" in text_of(answer)
    assert db.session.scalars(select(SlotInvitation)).all() == []
    client.post(address(slot), data={"school_search": "jean moulin", "school_id": found.id})
    assert db.session.scalars(select(SlotInvitation)).one().school_id == found.id


@pytest.mark.parametrize("words", ["introuvable", "x" * 121, "\x00"])
def test_a_school_that_is_not_found_is_said_beside_the_field(client, host, slot, words):
    answer = signed_in(client, host).post(address(slot), data={"school_search": words + "z"})
    assert 'id="school_search-error"' in answer.text
    assert db.session.scalars(select(SlotInvitation)).all() == []


def test_a_school_is_invited_once(client, host, slot, school):
    invite(client, host, slot, school_search=school.uai)
    answer = signed_in(client, host).post(address(slot), data={"school_search": school.uai})
    assert "déjà invité" in text_of(answer)


def test_another_company_sees_and_revokes_nothing(client, host, slot):
    invite(client, host, slot)
    invitation = db.session.scalars(select(SlotInvitation)).one()
    stranger = signed_in(client, make.make_host())
    assert stranger.get(address(slot)).status_code == 404
    assert stranger.post(f"{address(slot)}/{invitation.id}/revocation").status_code == 404
    other = make.make_slot(slot.activity, local_start=slot.local_start + timedelta(days=1))
    own = signed_in(client, host)
    assert own.post(f"{address(other)}/{invitation.id}/revocation").status_code == 404
    assert db.session.get_one(SlotInvitation, invitation.id).revoked_at is None


# ---- A company that waits to be verified


@pytest.fixture
def waiting_slot(school):
    site = make.make_site(make.make_company(trusted=False))
    return make.make_slot(make.make_activity(site))


def test_a_company_that_waits_invites_one_school_which_books(client, visitor, waiting_slot, school, school_class):
    host = waiting_slot.activity.contact
    path = invite(client, host, waiting_slot, school_search=school.uai)
    assert "n’est pas publique" in text_of(visitor.get(path))
    second = signed_in(client, host).post(address(waiting_slot), data={"school_search": make.make_school().uai})
    assert "un seul établissement" in text_of(second)
    assert book(client, waiting_slot, make.make_class()).status_code == 404
    assert book(client, waiting_slot, school_class).status_code == 302
    assert len(bookings()) == 1
    assert violations() == []


def test_the_private_page_of_a_company_that_waits_does_not_call_it_verified(client, visitor, waiting_slot, school):
    path = invite(client, waiting_slot.activity.contact, waiting_slot, school_search=school.uai)
    text = text_of(visitor.get(path))
    assert "vérification en cours" in text
    assert "entreprise vérifiée" not in text


def test_a_company_that_waits_invites_another_school_once_the_first_is_taken_back(client, waiting_slot, school):
    host = waiting_slot.activity.contact
    invite(client, host, waiting_slot, school_search=school.uai)
    invitation = db.session.scalars(select(SlotInvitation)).one()
    client.post(f"{address(waiting_slot)}/{invitation.id}/revocation")
    invite(client, host, waiting_slot, school_search=make.make_school().uai)


def test_a_slot_of_a_company_that_waits_stays_off_the_programme(client, visitor, waiting_slot, school):
    invite(client, waiting_slot.activity.contact, waiting_slot, school_search=school.uai)
    assert waiting_slot.activity.title not in text_of(visitor.get("/programme"))
    assert visitor.get(f"/programme/x-{waiting_slot.activity_id}").status_code == 404
