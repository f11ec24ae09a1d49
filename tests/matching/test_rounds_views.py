"""The pages of a round, for whoever reads it, the teacher who ranks and the officer who decides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from booking.core.db import db, transaction
from booking.matching.rounds import services
from booking.matching.rounds.models import AllocationRound, RoundEntry
from tests import make
from tests.matching.test_rounds import AFTER, Cast, draft
from tests.sign_in import signed_in


@pytest.fixture
def cast(app: Flask, now) -> Cast:
    return Cast(slots=3)


def wished(cast: Cast) -> list[int]:
    db.session.expire_all()
    entry = db.session.scalar(db.select(RoundEntry).filter_by(class_id=cast.school_class.id))
    return [wish.slot_id for wish in entry.wishes] if entry else []


def test_a_teacher_ranks_wishes_one_press_at_a_time(app, cast):
    client = signed_in(app.test_client(), cast.teacher)
    page = f"/teacher/rounds/{cast.round_id}/classes/{cast.school_class.id}"
    assert "Places de janvier" in client.get("/teacher/").text
    assert "Ajouter" in client.get(page).text
    first, second, third = (slot.id for slot in cast.slots)
    for act in (f"add:{first}", f"add:{second}", f"add:{third}", f"up:{third}"):
        assert client.post(f"{page}/wishes", data={"act": act}).status_code == 302
    assert wished(cast) == [first, third, second]
    client.post(
        f"{page}/wishes", data={"act": "order", f"rank-{first}": "3", f"rank-{second}": "1", f"rank-{third}": "2"}
    )
    assert wished(cast) == [second, third, first]
    client.post(f"{page}/wishes", data={"act": f"remove:{third}"})
    assert wished(cast) == [second, first]
    assert "1 classe pour 1 place" in " ".join(client.get(page).text.split())
    assert client.post(f"{page}/wishes", data={"act": "jump:1"}).status_code == 400
    client.post(f"{page}/wishes", data={"act": f"add:{first}"}, follow_redirects=True)
    assert wished(cast) == [second, first]


def test_somebody_else_s_class_and_an_unopened_round_are_not_found(app, cast):
    client = signed_in(app.test_client(), cast.other)
    page = f"/teacher/rounds/{cast.round_id}/classes/{cast.school_class.id}"
    assert client.get(page).status_code == 404
    for act in ("wishes", "withdrawal", "complaint"):
        assert (
            client.post(f"{page}/{act}", data={"act": f"add:{cast.slots[0].id}", "complaint-words": "x"}).status_code
            == 404
        )
    with transaction():
        hidden = services.make_round(draft(name="Caché"), cast.officer).id
    assert client.get(f"/rounds/{hidden}").status_code == 404
    assert client.get(f"/teacher/rounds/{hidden}").status_code == 404


def test_an_officer_leads_a_round_to_its_published_report(app, cast, set_now):
    cast.wish(cast.school_class, cast.teacher, cast.slots[0])
    cast.wish(cast.other_class, cast.other, cast.slots[0])
    membership = cast.officer.memberships[0].id
    client, base = signed_in(app.test_client(), cast.officer), f"/territory/{membership}/rounds"
    assert "Places de janvier" in client.get(base).text
    page = f"{base}/{cast.round_id}"
    assert "Le calcul se fait ensuite" in client.get(page).text
    set_now(AFTER)
    for act, said in (
        ("run", "rien n’est encore réservé"),
        ("application", "à accepter"),
        ("publication", "ouvertes à tous"),
    ):
        assert said in client.post(f"{page}/{act}", follow_redirects=True).text
    report = app.test_client().get(f"/rounds/{cast.round_id}").text
    assert "masqué" in report and cast.round.seed in report and "Pasteur" not in report
    line = (
        signed_in(app.test_client(), cast.teacher)
        .get(f"/teacher/rounds/{cast.round_id}/classes/{cast.school_class.id}")
        .text
    )
    assert "à des classes de REP+" in line
    sent = signed_in(app.test_client(), cast.teacher).post(
        f"/teacher/rounds/{cast.round_id}/classes/{cast.school_class.id}/complaint",
        data={"complaint-words": "Nous sommes aussi en REP+."}, follow_redirects=True,
    )  # fmt: skip
    assert "transmise" in sent.text
    complaint = db.session.get_one(AllocationRound, cast.round_id).complaints[0].id
    client = signed_in(app.test_client(), cast.officer)
    assert "La réponse est envoyée" in client.post(
        f"{page}/complaints/{complaint}", data={"answer": "Le fichier du ministère ne le dit pas."}, follow_redirects=True
    ).text  # fmt: skip
    set_now(AFTER + timedelta(days=8))
    assert "terminé" in client.post(f"{page}/end", follow_redirects=True).text


def test_an_officer_writes_the_rule_and_another_territory_does_not_see_it(app, cast):
    membership = cast.officer.memberships[0].id
    client, base = signed_in(app.test_client(), cast.officer), f"/territory/{membership}/rounds"
    edition = make.make_edition().id
    typed = {
        "name": "Février", "edition_id": edition, "first_on": "2027-02-01", "last_on": "2027-02-28",
        "deadline_day": "2026-12-10", "deadline_hour": "18:00", "most_wishes": "4", "per_class": "1", "per_school": "",
        "complaint_days": "7", "base": "10", "never_served": "10", "rep": "5", "rep_plus": "8", "rural": "3",
        "small_school": "2", "rural_below": "2000", "small_below": "200",
    }  # fmt: skip
    assert "avant le premier jour" in client.post(f"{base}/new", data={**typed, "deadline_day": "2027-02-03"}).text
    made = client.post(f"{base}/new", data=typed)
    assert made.status_code == 302
    page = made.headers["Location"]
    assert "Aucun créneau libre" in client.post(f"{page}/opening", follow_redirects=True).text
    assert client.post(f"{page}/edit", data={**typed, "name": "Mars"}).status_code == 302
    make.make_departement("69", "Rhône", "10", "Lyon")
    elsewhere = make.make_officer(scope_code="10")
    there = f"/territory/{elsewhere.memberships[0].id}/rounds"
    stranger = signed_in(app.test_client(), elsewhere)
    assert stranger.get(f"{there}/{cast.round_id}").status_code == 404
    assert stranger.post(f"{there}/{cast.round_id}/cancellation").status_code == 404
