"""The pages of an authorisation: the link without an account, the code, the teacher's, the head's, the host's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.accounts.models import ActionLink, MemberRole, Membership
from booking.bookings import services
from booking.bookings.authorisation_models import AuthorisationSigner, CodeAttempts
from booking.bookings.models import Booking
from booking.bookings.rules.authorisations import SignerRole
from booking.bookings.rules.outing import Coach
from booking.bookings.rules.states import Actor, Answer, CancelReason, Event, State
from booking.catalogue.models import ActivityKind, ConfirmationMode
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests import make
from tests.bookings.test_authorisations import booked, link_sent, member, requests_sent, signer_of, with_mayor
from tests.bookings.test_teacher_views import words_of
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")

YES = {"answer": "grant", "name": "Hélène Roux", "capacity": "holder"}


@pytest.fixture
def school(app):
    return make.make_school(head_authorises_first=True)


def path_of(booking, number=-1) -> str:
    return f"/a/{requests_sent(booking)[number].payload['token']}"


def state_of(booking) -> tuple[State, Answer]:
    signer = signer_of(booking)
    return booking.state, signer.answer


# ---- The link


def test_the_link_shows_all_that_the_head_needs_without_an_account(client, school):
    booking = booked(school, equipment="Casque prêté", summary="Suivre une pièce.")
    words = words_of(client.get(path_of(booking)).text)
    for fact in (
        "Autorisation de sortie", "4e B", "27 élèves, 3 accompagnateurs", "Turbines du Hurepoix",
        "mardi 12 janvier 2027", "départ de l’établissement à", "Obligatoire et gratuite", "gratuite", "Claire Dupont",
        "3 accompagnateurs", "Casque prêté", "Répondez avant le", "la demande expire",
    ):  # fmt: skip
        assert fact in words, fact


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender", "X-Purpose": "preview"}),
        ("OPTIONS", {}),
    ],
)
def test_a_link_scanner_changes_nothing(client, school, method, headers):
    """Complaint 20: link scanners follow the links of mails."""
    booking = booked(school)
    for path in (path_of(booking), f"{path_of(booking)}?answer=grant&name=Robot&capacity=holder"):
        assert client.open(path, method=method, headers=headers).status_code in (200, 204)
    assert state_of(booking) == (State.REQUESTED, Answer.PENDING)
    assert link_sent(booking).used_at is None


def test_a_post_grants_and_the_page_then_says_so(client, school):
    booking = booked(school)
    path = path_of(booking)
    answered = client.post(path, data=YES)
    assert answered.status_code == 303 and answered.location == path
    assert state_of(booking) == (State.CONFIRMED, Answer.YES)
    words = words_of(client.get(path).text)
    assert "Autorisée" in words and "Hélène Roux" in words and "J’autorise" not in words
    assert client.post(path, data={**YES, "answer": "refuse", "reason": "budget"}).status_code == 409
    assert state_of(booking) == (State.CONFIRMED, Answer.YES)


def test_a_refusal_without_a_reason_loses_nothing_that_was_typed(client, school):
    booking = booked(school)
    page = client.post(path_of(booking), data={**YES, "answer": "refuse", "note": "Trop loin."})
    assert page.status_code == 409
    assert "Choisissez une raison" in words_of(page.text)
    assert 'value="Hélène Roux"' in page.text and "Trop loin." in page.text
    client.post(path_of(booking), data={**YES, "answer": "refuse", "note": "Trop loin.", "reason": "transport"})
    assert state_of(booking) == (State.DECLINED, Answer.NO)


def test_nobody_signs_without_a_name_and_a_capacity(client, school):
    booking = booked(school)
    page = client.post(path_of(booking), data={"answer": "grant", "name": " ", "capacity": "emperor"})
    assert page.status_code == 422
    assert "Écrivez le nom de la personne qui signe" in words_of(page.text)
    assert state_of(booking)[1] is Answer.PENDING


def test_links_that_are_expired_revoked_or_made_up_are_one_404(client, school, set_now):
    booking = booked(school)
    path = path_of(booking)
    made_up = client.get("/a/unknown-token")
    db.session.execute(db.update(ActionLink).values(revoked_at=make.NOW))
    db.session.commit()
    revoked = client.get(path)
    db.session.execute(db.update(ActionLink).values(revoked_at=None))
    db.session.commit()
    set_now(booking.slot.ends_at + timedelta(minutes=1))
    expired = client.get(path)
    assert {each.status_code for each in (made_up, revoked, expired)} == {404}
    assert (
        made_up.text == revoked.text.replace(path, "/a/unknown-token") == expired.text.replace(path, "/a/unknown-token")
    )


def test_an_old_mail_does_not_revive_a_cancelled_booking(client, school):
    """Complaint 21: a cancelled booking can be acted on from an old mail."""
    booking = booked(school)
    path = path_of(booking)
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, Actor.TEACHER, reason=CancelReason.BUDGET)
    assert "plus rien à autoriser" in words_of(client.get(path).text)
    assert client.post(path, data=YES).status_code == 409
    assert state_of(booking) == (State.CANCELLED, Answer.PENDING)


def test_a_link_answers_for_its_own_booking_alone(client, school):
    """Complaint 21: tokens are scoped to one booking."""
    one, other = booked(school), booked(school)
    client.post(path_of(one), data={**YES, "signer": signer_of(other).id, "booking_id": other.id})
    assert state_of(other) == (State.REQUESTED, Answer.PENDING)


def test_a_signer_finds_all_their_papers_on_one_page(client, school):
    """Complaint 37: the list of one's papers without hunting for a mail."""
    first, second = booked(school), booked(school)
    path = f"/a/{requests_sent(first)[0].payload['list_token']}"
    words = words_of(client.get(path).text)
    assert words.count("à signer") == 2
    assert state_of(second)[1] is Answer.PENDING
    opened = client.post(path, data={"signer": signer_of(second).id})
    assert opened.status_code == 303
    assert client.post(opened.location, data=YES).status_code == 303
    assert state_of(second) == (State.CONFIRMED, Answer.YES)
    elsewhere = booked(make.make_school())
    assert client.post(path, data={"signer": signer_of(elsewhere).id}).status_code == 404


# ---- The code


def code_for(client_of_teacher, booking) -> str:
    page = client_of_teacher.post(f"/teacher/bookings/{booking.id}/authorisation/{signer_of(booking).id}/handout")
    return re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", page.text).group(0)


def test_a_code_opens_the_request_and_is_kept_as_the_way_of_the_answer(app, client, school):
    booking = booked(school)
    code = code_for(signed_in(app.test_client(), booking.teacher), booking)
    opened = client.post("/authorisation", data={"code": code.lower()})
    assert opened.status_code == 303
    assert state_of(booking)[1] is Answer.PENDING
    client.post(opened.location, data=YES)
    assert signer_of(booking).answered_via == "code"
    assert "avec le code" in words_of(client.get(opened.location).text)


def test_wrong_codes_are_counted_and_say_nothing(app, client, school):
    booking = booked(school)
    code = code_for(signed_in(app.test_client(), booking.teacher), booking)
    for _attempt in range(10):
        page = client.post("/authorisation", data={"code": "AAAA-AAAA"})
        assert page.status_code == 404 and "ne correspond à aucune demande" in words_of(page.text)
    page = client.post("/authorisation", data={"code": code})
    assert page.status_code == 429 and "Trop d’essais" in words_of(page.text)
    assert "127.0.0.1" not in db.session.scalars(select(CodeAttempts.client)).one()


# ---- The teacher


def test_the_teacher_sees_the_steps_and_who_has_the_next_one(client, school):
    booking = booked(school, confirmation=ConfirmationMode.APPROVAL, waits_for_head=True)
    page = signed_in(client, booking.teacher).get(f"/teacher/bookings/{booking.id}").text
    steps = words_of(page[page.index('id="steps"') : page.index("</ol>", page.index('id="steps"'))])
    order = [
        "Les places",
        "Le chef d’établissement",
        "Le car",
        "L’entreprise",
        "Le dossier de sortie",
        "Le jour de la visite",
    ]
    assert [steps.index(title) for title in order] == sorted(steps.index(title) for title in order)
    assert page.count('aria-current="step"') == 1
    assert "donne d’abord son autorisation" in words_of(page)
    assert "Obligatoire et gratuite" in words_of(page)


def test_the_teacher_sees_when_the_last_message_left_and_sends_it_elsewhere(client, school):
    """Complaint 34 and 48: the last time is shown, the message can be sent again."""
    booking = booked(school)
    page = signed_in(client, booking.teacher)
    url = f"/teacher/bookings/{booking.id}/authorisation"
    assert "Un message est parti, le dernier le mardi 24 novembre 2026" in words_of(page.get(url).text)
    again = page.post(f"{url}/{signer_of(booking).id}/requests", data={"email": ""})
    assert again.status_code == 409 and "déjà parti" in words_of(again.text)
    wrong = page.post(f"{url}/{signer_of(booking).id}/requests", data={"email": "pas une adresse"})
    assert wrong.status_code == 422 and 'value="pas une adresse"' in wrong.text
    sent = page.post(f"{url}/{signer_of(booking).id}/requests", data={"email": "principale@college.example.org"})
    assert sent.status_code == 303
    assert requests_sent(booking)[-1].recipient == "principale@college.example.org"


def test_the_teacher_gets_a_link_to_forward_which_is_shown_once(app, client, school):
    booking = booked(school)
    page = signed_in(app.test_client(), booking.teacher)
    shown = page.post(f"/teacher/bookings/{booking.id}/authorisation/{signer_of(booking).id}/handout")
    link = re.search(r"http://127.0.0.1:5000(/a/[\w-]+)", shown.text).group(1)
    assert shown.headers["Cache-Control"] == "no-store"
    assert link not in page.get(f"/teacher/bookings/{booking.id}/authorisation").text
    client.post(link, data={**YES, "capacity": "delegate"})
    assert signer_of(booking).capacity == "delegate"


def test_a_paper_is_noted_by_a_member_who_is_vouched_for(client, school):
    booking = booked(school)
    url = f"/teacher/bookings/{booking.id}/authorisation/{signer_of(booking).id}/paper"
    paper = {"name": "Hélène Roux", "capacity": "holder", "signed_on": "23/11/2026"}
    page = signed_in(client, booking.teacher)
    assert page.post(url, data={**paper, "signed_on": "25/11/2026"}).status_code == 409
    assert page.post(url, data=paper).status_code == 303
    assert state_of(booking) == (State.CONFIRMED, Answer.YES)
    words = words_of(page.get(f"/teacher/bookings/{booking.id}/authorisation").text)
    assert "Signé sur papier le lundi 23 novembre 2026" in words


def test_an_untrusted_teacher_notes_no_paper(client, school):
    booking = booked(school)
    db.session.execute(db.update(Membership).values(trusted_at=None))
    db.session.commit()
    url = f"/teacher/bookings/{booking.id}/authorisation/{signer_of(booking).id}/paper"
    data = {"name": "Moi", "capacity": "holder", "signed_on": "23/11/2026"}
    assert signed_in(client, booking.teacher).post(url, data=data).status_code == 403


def test_the_coach_is_a_step_with_its_date(client, school):
    booking = booked(school)
    page = signed_in(client, booking.teacher)
    url = f"/teacher/bookings/{booking.id}/coach"
    assert page.post(url, data={"on": "2026-11-24"}).status_code == 200
    assert page.post(url, data={"coach": "ordered", "on": "2026-11-24", "leaves": "8:10"}).status_code == 303
    words = words_of(page.get(f"/teacher/bookings/{booking.id}").text)
    assert "car commandé le 24 novembre, départ à 8 h 10" in words
    db.session.expire_all()
    assert booking.coach is Coach.ORDERED and booking.events[-1].event is Event.COACH


def test_somebody_elses_booking_is_a_404(client, school):
    booking = booked(school)
    stranger = signed_in(client, make.make_teacher())
    signer_id = signer_of(booking).id
    base = f"/teacher/bookings/{booking.id}"
    assert stranger.get(f"{base}/authorisation").status_code == 404
    assert stranger.get(f"{base}/coach").status_code == 404
    for verb in ("requests", "paper", "handout"):
        assert stranger.post(f"{base}/authorisation/{signer_id}/{verb}").status_code == 404
    mine = booked(make.make_school())
    own = signed_in(client, mine.teacher)
    assert own.post(f"/teacher/bookings/{mine.id}/authorisation/{signer_id}/handout").status_code == 404


# ---- The head


def test_the_head_sees_on_top_what_awaits_an_answer_and_grants_several(client, school):
    one, other = booked(school), booked(school)
    head = signed_in(client, member(school))
    words = words_of(head.get(f"/school/{school.uai}/").text)
    assert words.index("2 demandes attendent votre réponse") < words.index("À venir")
    asked = [str(one.authorisation.id), str(other.authorisation.id), "999999", "x"]
    answered = head.post(f"/school/{school.uai}/authorisations", data={"authorisation": asked}, follow_redirects=True)
    assert "2 autorisations sont données" in words_of(answered.text)
    assert state_of(one) == state_of(other) == (State.CONFIRMED, Answer.YES)


def test_a_delegate_refuses_with_a_reason_and_by_delegation(client, school):
    booking = booked(school)
    deputy = signed_in(client, member(school, MemberRole.DELEGATE))
    url = f"/school/{school.uai}/authorisations/{booking.authorisation.id}"
    assert "Ce que l’on vous demande d’autoriser" in words_of(deputy.get(url).text)
    assert deputy.post(url, data={"answer": "refuse"}).status_code == 409
    assert deputy.post(url, data={"answer": "refuse", "reason": "timetable"}).status_code == 303
    assert state_of(booking) == (State.DECLINED, Answer.NO)
    assert signer_of(booking).capacity == "delegate"


def test_another_schools_head_a_teacher_and_a_head_not_vouched_for_answer_nothing(client, school):
    booking = booked(school)
    url = f"/school/{school.uai}/authorisations/{booking.authorisation.id}"
    elsewhere = make.make_school()
    stranger = signed_in(client, member(elsewhere))
    assert stranger.get(url).status_code == 404
    assert stranger.get(url.replace(school.uai, elsewhere.uai)).status_code == 404
    assert signed_in(client, booking.teacher).get(url).status_code == 403
    claims = member(school)
    db.session.execute(db.update(Membership).where(Membership.person_id == claims.id).values(trusted_at=None))
    db.session.commit()
    page = signed_in(client, claims)
    assert page.post(url, data={"answer": "grant"}).status_code == 403
    assert page.post(f"/school/{school.uai}/authorisations").status_code == 403
    assert "attendent votre réponse" not in words_of(page.get(f"/school/{school.uai}/").text)
    assert state_of(booking)[1] is Answer.PENDING


def test_the_school_says_whether_its_head_comes_first_and_who_signs(client, app):
    school = make.make_school()
    head = signed_in(client, member(school))
    url = f"/school/{school.uai}/settings"
    assert head.post(url, data={"head_first": "y", "mayor": "pas une adresse"}).status_code == 200
    typed = {"head_first": "y", "mayor": "mairie@brunoy.example.org", "inspector": ""}
    assert head.post(url, data=typed).status_code == 303
    db.session.expire_all()
    booking = booked(school)
    assert booking.state is State.REQUESTED
    assert {each.role for each in booking.authorisation.signers} == {SignerRole.HEAD, SignerRole.MAYOR}
    assert head.post(url, data={"mayor": ""}).status_code == 303
    db.session.expire_all()
    assert booked(school).state is State.CONFIRMED


# ---- The host


def test_the_host_names_who_comes_in_and_the_head_reads_it(app, client):
    booking = booked(kind=ActivityKind.CLASSROOM_WORKSHOP)
    company_id = booking.slot.activity.company_id
    host = signed_in(app.test_client(), booking.slot.activity.contact)
    url = f"/company/{company_id}/bookings/{booking.id}"
    assert "L’établissement attend leurs noms" in words_of(host.get(url).text)
    assert "Donnez au moins un nom" in words_of(host.post(f"{url}/speakers", data={"speakers": " \n"}).text)
    typed = {"speakers": "Nadia Benali\n\n  Luc   Morel ", "show_identity": "y"}
    assert host.post(f"{url}/speakers", data=typed).status_code == 303
    words = words_of(client.get(path_of(booking)).text)
    for fact in ("Autorisation d’intervention", "Nadia Benali", "Luc Morel", "pièce d’identité"):
        assert fact in words
    stranger = signed_in(client, make.make_host())
    assert stranger.get(f"{url}/speakers").status_code == 404


# ---- The messages


def delivered(kind: str) -> list[OutgoingMail]:
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)
    return list(db.session.scalars(select(OutgoingMail).filter_by(kind=kind)))


def text_of(mail: OutgoingMail) -> str:
    import email
    import email.policy

    message = email.message_from_bytes(mail.body, policy=email.policy.default)
    return " ".join(message.get_body(("plain",)).get_content().split())


def test_the_message_holds_the_facts_and_the_link_and_forgets_the_link(school):
    booking = booked(school)
    path = path_of(booking)
    mail = delivered("authorisation-asked")[0]
    text = text_of(mail)
    for fact in (path, "27 élèves", "mardi 12 janvier 2027", "De porte à porte", "Obligatoire et gratuite",
                 "Aucun compte n’est nécessaire", "vous pouvez le transmettre", "Répondez avant le"):  # fmt: skip
        assert fact in text, fact
    assert mail.subject.startswith("Autorisation de sortie à donner")
    assert "token" not in mail.payload and "list_token" not in mail.payload


def test_one_message_says_that_it_is_confirmed_not_two(client, school):
    booking = booked(school)
    client.post(path_of(booking), data=YES)
    granted = delivered("head-granted")[0]
    assert granted.state == "superseded"
    assert len(delivered("booking-confirmed")) >= 1


def test_the_teacher_of_an_option_hears_of_the_yes(client, app):
    booking = booked(make.make_school(), as_option=True)
    client.post(path_of(booking), data=YES)
    granted = delivered("head-granted")[0]
    assert granted.recipient == booking.teacher.email
    assert "commander le car, puis confirmer l’option" in text_of(granted)


def test_a_head_who_reads_english_is_asked_in_english(school):
    member(school, language="en", email="head@school.example.org")
    booked(school)
    mail = delivered("authorisation-asked")[0]
    assert mail.subject.startswith("Outing to authorise")
    assert "/en/a/" in text_of(mail)
    assert db.session.query(Booking).count() == 1
    assert db.session.query(AuthorisationSigner).count() == 1


def test_every_signer_is_named_to_the_teacher(client, app):
    """Complaint 36: one live page with each signer's state, nothing to put together by hand."""
    booking = booked(with_mayor(make.make_school()))
    words = words_of(signed_in(client, booking.teacher).get(f"/teacher/bookings/{booking.id}/authorisation").text)
    assert "Chef d’établissement" in words and "Maire" in words and "mairie@brunoy.example" in words
