"""The pages of trust: a school's people, its mailbox, links without account, one more place, another address."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from booking.accounts.models import MemberRole, Membership, MemberState, Person
from booking.core.db import db, transaction
from booking.mail.models import MailAddress, OutgoingMail
from tests import make
from tests.sign_in import signed_in


@pytest.fixture
def school(app):
    return make.make_school(uai="0911234A", search_text="college louis pasteur brunoy 0911234a")


@pytest.fixture
def claire(school):
    return make.make_teacher(school)


@pytest.fixture
def newcomer(school):
    return make.make_teacher(school, trusted=False, first_name="Léa", last_name="Moreau")


@pytest.fixture
def head(school):
    return make_head(school)


def make_head(school, trusted=True) -> Person:
    person = make.make_person(first_name="Hélène", last_name="Marchand")
    with transaction():
        db.session.add(
            Membership(person_id=person.id, role=MemberRole.HEAD, school_id=school.id, created_at=make.NOW,
                       trusted_at=make.NOW if trusted else None)
        )  # fmt: skip
    return person


def text_of(response) -> str:
    return " ".join(unescape(response.get_data(as_text=True)).replace("\u00a0", " ").split())


def mails_to(address) -> list[OutgoingMail]:
    query = select(OutgoingMail).where(OutgoingMail.recipient == address).order_by(OutgoingMail.created_at)
    return list(db.session.scalars(query))


def path_of(link: str) -> str:
    return link.removeprefix("http://127.0.0.1:5000")


def link_in(mail) -> str:
    return re.search(r"/a/\S+", mail.payload["text"])[0]


# ---- A school's people


def test_a_trusted_teacher_vouches_for_a_colleague_and_says_no_more(client, school, claire, newcomer):
    signed_in(client, claire)
    page = text_of(client.get("/school/0911234A/people"))
    assert "Oui, Léa Moreau travaille ici" in page
    assert "Cette personne n’enseigne pas ici" not in page
    path = f"/school/0911234A/people/{newcomer.memberships[0].id}"
    assert client.post(f"{path}/suspension").status_code == 403
    assert "est vérifiée, et prévenue" in text_of(client.post(f"{path}/trust", follow_redirects=True))
    assert newcomer.memberships[0].is_trusted


def test_somebody_who_waits_sees_until_when_and_no_colleague_and_vouches_for_nobody(client, school, claire, newcomer):
    newcomer.memberships[0].trust_due_at = make.NOW
    signed_in(client, newcomer)
    page = text_of(client.get("/school/0911234A/people"))
    assert "Vérification en cours" in page
    assert "mardi 24 novembre 2026" in page
    assert claire.email not in page
    assert client.post(f"/school/0911234A/people/{newcomer.memberships[0].id}/trust").status_code == 403
    assert client.post("/school/0911234A/mailbox", data={"email": "moi@example.org"}).status_code == 403
    assert school.official_email is None


def test_an_untrusted_head_has_no_more_rights_than_anybody_who_waits(client, school, newcomer):
    signed_in(client, make_head(school, trusted=False))
    path = f"/school/0911234A/people/{newcomer.memberships[0].id}"
    assert client.post(f"{path}/trust").status_code == 403
    assert client.post(f"{path}/suspension").status_code == 403


def test_the_head_says_who_does_not_teach_here_and_takes_it_back(client, school, head, claire):
    signed_in(client, head)
    path = f"/school/0911234A/people/{claire.memberships[0].id}"
    assert "C’est noté" in text_of(client.post(f"{path}/suspension", follow_redirects=True))
    assert claire.memberships[0].state is MemberState.SUSPENDED
    assert "enseigne ici" in text_of(client.get("/school/0911234A/people"))
    client.post(f"{path}/trust")
    assert claire.memberships[0].is_trusted


def test_nobody_answers_for_themselves(client, head):
    signed_in(client, head)
    assert client.post(f"/school/0911234A/people/{head.memberships[0].id}/suspension").status_code == 403


@pytest.mark.parametrize("who", [make.make_teacher, make.make_host, lambda: make.make_officer(scope_code="24")])
def test_another_s_school_is_a_404(client, school, claire, newcomer, who):
    signed_in(client, who())
    member = newcomer.memberships[0].id
    assert client.get("/school/0911234A/people").status_code == 404
    for path in (f"people/{member}/trust", f"people/{member}/suspension", "mailbox"):
        assert client.post(f"/school/0911234A/{path}").status_code == 404
    assert not newcomer.memberships[0].is_trusted


def test_a_member_of_another_school_is_not_reached_through_one_s_own(client, school, claire):
    stranger = make.make_teacher(trusted=False)
    signed_in(client, claire)
    assert client.post(f"/school/0911234A/people/{stranger.memberships[0].id}/trust").status_code == 404


def test_the_territory_s_officer_corrects_the_mailbox_whose_bounce_is_shown(client, school):
    with transaction():
        db.session.add(MailAddress(address="ce.0911234a@ac-versailles.fr", failures_in_a_row=1, failed_at=make.NOW))
    signed_in(client, make.make_officer())
    page = text_of(client.get("/school/0911234A/people"))
    assert "adresse supposée" in page
    assert "n’est pas arrivé" in page
    page = text_of(client.post("/school/0911234A/mailbox", data={"email": "pas une adresse"}))
    assert "n’est pas valable" in page
    assert 'value="pas une adresse"' in page
    page = text_of(client.post("/school/0911234A/mailbox", data={"email": "ce@example.org"}, follow_redirects=True))
    assert "ce@example.org" in page
    assert "n’est pas arrivé" not in page


def test_an_anonymous_visitor_is_sent_to_sign_in(client, school):
    assert client.get("/school/0911234A/people").location.startswith("/login")


# ---- The link to the school's mailbox


@pytest.fixture
def notice_link(newcomer) -> str:
    from booking.accounts import services

    with transaction():
        services.tell_school(newcomer.memberships[0])
    [mail] = mails_to("ce.0911234a@ac-versailles.fr")
    return path_of(mail.payload["link"])


def test_opening_the_link_changes_nothing_and_needs_no_account(client, newcomer, notice_link):
    answer = client.get(notice_link)
    page = text_of(answer)
    assert "Léa Moreau" in page
    assert "Cette personne n’enseigne pas ici" in page
    assert not newcomer.memberships[0].is_trusted
    assert newcomer.memberships[0].is_active
    assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_the_school_confirms_with_one_click_once(client, newcomer, notice_link):
    assert "C’est noté" in text_of(client.post(notice_link, data={"answer": "yes"}))
    assert newcomer.memberships[0].is_trusted
    assert "est enregistrée" in text_of(client.get(notice_link))
    assert client.post(notice_link, data={"answer": "no"}).status_code == 409
    assert newcomer.memberships[0].is_trusted


def test_the_school_denies(client, newcomer, notice_link):
    client.post(notice_link, data={"answer": "no"})
    assert newcomer.memberships[0].state is MemberState.SUSPENDED


@pytest.mark.parametrize("answer", ["", "maybe", "yes\x00"])
def test_a_post_without_an_answer_acts_on_nothing(client, newcomer, notice_link, answer):
    assert client.post(notice_link, data={"answer": answer}).status_code == 200
    assert newcomer.memberships[0].is_active
    assert not newcomer.memberships[0].is_trusted


@pytest.mark.parametrize("token", ["x", "x" * 32, "%00", "é", "a" * 3000])
def test_a_guessed_link_is_a_404(client, token):
    assert client.get(f"/a/{token}").status_code == 404
    assert client.post(f"/a/{token}", data={"answer": "yes"}).status_code == 404


# ---- One more place


def test_a_teacher_adds_a_second_school_from_the_account(client, school):
    person = make.make_teacher(email="claire@ac-versailles.fr")
    signed_in(client, person)
    assert "/account/memberships/new" in text_of(client.get("/account/"))
    page = text_of(client.post("/account/memberships/new/school", data={"school_search": "Brunoy", "role": "teacher"}))
    assert 'value="0911234A"' in page
    typed = {"school": "0911234A", "role": "teacher"}
    page = text_of(client.post("/account/memberships/new/school", data=typed, follow_redirects=True))
    assert "Collège Louis Pasteur est ajouté à votre compte." in page
    assert "Vous en faites déjà partie" in text_of(client.post("/account/memberships/new/school", data=typed))


def test_an_absurd_role_gets_a_sentence(client, school):
    signed_in(client, make.make_person())
    page = text_of(client.post("/account/memberships/new/school", data={"school": "0911234A", "role": "admin"}))
    assert "Choisissez une des possibilités de la liste." in page
    assert db.session.scalar(select(Membership)) is None


def test_a_teacher_adds_a_company_from_the_account(client, claire):
    make.make_commune()
    signed_in(client, claire)
    typed = {"siret": make.siret(make.siren()), "company_name": "Turbines", "sector": "metallurgie-mecanique",
             "address": "12 rue des Ateliers", "postcode": "91000", "town": "Évry-Courcouronnes"}  # fmt: skip
    page = text_of(client.post("/account/memberships/new/company", data=typed, follow_redirects=True))
    assert "L’entreprise est ajoutée à votre compte." in page
    assert "vous pouvez inviter un établissement par un lien privé" in page
    page = text_of(client.post("/account/memberships/new/company", data={**typed, "siret": "123"}))
    assert 'value="123"' in page and 'class="error"' in page


# ---- A company's people


def test_a_manager_names_another_and_a_host_may_not(client):
    company = make.make_company()
    manager = make.make_host(company)
    host = make.make_host(company, MemberRole.HOST, first_name="Léa")
    path = f"/company/{company.id}/people/{host.memberships[0].id}/management"
    signed_in(client, host)
    assert client.post(path).status_code == 403
    signed_in(client, make.make_host())
    assert client.post(path).status_code == 404
    signed_in(client, manager)
    assert "maintenant responsable" in text_of(client.post(path, follow_redirects=True))
    assert host.memberships[0].role is MemberRole.HOST_MANAGER


# ---- Another address, another language


def test_an_address_changes_by_a_link_that_a_scanner_cannot_use(client, claire):
    signed_in(client, claire)
    answer = client.post("/account/email", data={"email": "claire@nouvelle.example.org"}, follow_redirects=True)
    assert "claire@nouvelle.example.org" in text_of(answer)
    link = link_in(mails_to("claire@nouvelle.example.org")[0])
    client.get(link)
    assert claire.email != "claire@nouvelle.example.org"
    assert "Votre adresse a changé" in text_of(client.post(link))
    assert claire.email == "claire@nouvelle.example.org"


@pytest.mark.parametrize("email", ["", "claire", "a" * 300 + "@example.org", "x@\x00y.fr"])
def test_a_wrong_new_address_gets_a_sentence(client, claire, email):
    signed_in(client, claire)
    answer = client.post("/account/email", data={"email": email})
    assert (answer.status_code, 'class="error"' in answer.text) == (200, True)


def test_the_site_speaks_the_person_s_language_after_signing_in(client, claire):
    claire.language = "en"
    signed_in(client, claire)
    assert client.get("/me").location == "/en/teacher/"
    claire.language = "fr"
    assert client.get("/en/me").location == "/teacher/"
