"""The label's pages: the company's, the officers', and what the programme shows of it."""

from __future__ import annotations

from html import unescape

import pytest

from booking.accounts.models import MemberRole, Membership, Person, ScopeKind
from booking.catalogue.labelling import queries, services
from booking.catalogue.models import Activity, LabelState
from booking.catalogue.rules.wording import ref_of
from booking.core.db import db, transaction
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


def text_of(response) -> str:
    return " ".join(unescape(response.get_data(as_text=True)).replace("\u00a0", " ").split())


def company_page(activity, rest="") -> str:
    return f"/company/{activity.company_id}/activities/{activity.id}/label{rest}"


def officer_page(officer, activity=None, rest="") -> str:
    middle = f"/{activity.id}" if activity else ""
    return f"/territory/{officer.memberships[0].id}/labels{middle}{rest}"


@pytest.fixture
def activity(app):
    return make.make_activity(edition=make.make_labelling())


def ask(activity) -> Activity:
    with transaction():
        person = db.session.get_one(Person, activity.contact_id)
        services.ask_label(activity.id, person, [each.id for each in queries.criteria_of(activity.edition_id)])
    return db.session.get_one(Activity, activity.id)


def mark(activity) -> str:
    return queries.dossier_of(activity).fingerprint


def fresh(activity) -> Activity:
    return db.session.get_one(Activity, activity.id, populate_existing=True)


def test_a_company_asks_for_the_label_and_reads_the_clock(client, activity):
    signed_in(client, activity.contact)
    assert "Demander le label" in text_of(client.get(f"/company/{activity.company_id}/activities/{activity.id}"))
    form = {"criteria": [each.id for each in queries.criteria_of(activity.edition_id)]}
    missing = client.post(company_page(activity), data={"criteria": form["criteria"][:1], "note": "Bonjour"})
    assert "cochez-les tous" in text_of(missing)
    assert "Bonjour" in text_of(missing)
    done = text_of(client.post(company_page(activity), data=form, follow_redirects=True))
    assert "répond au plus tard le lundi 30 novembre 2026, 18 h" in done
    assert fresh(activity).label_state is LabelState.ASKED
    again = client.post(company_page(activity), data=form)
    assert again.status_code == 409
    client.post(company_page(activity, "/recall"))
    assert fresh(activity).label_state is LabelState.NONE


def test_an_edition_that_does_without_says_so(client, app):
    activity = make.make_activity()
    signed_in(client, activity.contact)
    assert "ne donne pas de label" in text_of(client.get(company_page(activity)))
    assert "Demander le label" not in text_of(client.get(f"/company/{activity.company_id}/activities/{activity.id}"))


def test_another_company_s_label_is_not_found(client, activity):
    stranger = make.make_host()
    for person in (stranger, make.make_teacher()):
        signed_in(client, person)
        assert client.get(company_page(activity)).status_code == 404
        assert client.post(company_page(activity, "/recall")).status_code == 404
        own = stranger.memberships[0].company_id
        assert client.get(f"/company/{own}/activities/{activity.id}/label").status_code == 404


def test_an_officer_returns_then_reads_the_difference_and_grants(client, activity):
    ask(activity)
    odile = make.make_officer()
    signed_in(client, odile)
    page = text_of(client.get(officer_page(odile)))
    assert activity.title in page
    assert "répond au plus tard le lundi 30 novembre 2026, 18 h" in page
    url = officer_page(odile, activity, "/return")
    refused = text_of(client.post(url, data={"seen": mark(activity), "return-note": "Voir le résumé"}))
    assert "Choisissez au moins une raison" in refused
    assert "Voir le résumé" in refused
    client.post(url, data={"seen": mark(activity), "return-reasons": ["not_free"], "return-note": "Dites-le."})
    assert fresh(activity).label_state is LabelState.RETURNED

    activity.summary = "Gratuit. Du bloc d’acier à l’aube de turbine."
    db.session.commit()
    ask(activity)
    page = client.get(officer_page(odile, activity)).get_data(as_text=True)
    assert "<ins>Gratuit. " in page
    assert "Dites-le." in page
    data = {"seen": mark(activity), "grant-number": "IDF-91-7", "grant-url": "https://example.org/7"}
    client.post(officer_page(odile, activity, "/grant"), data=data)
    assert fresh(activity).label_number == "IDF-91-7"
    assert "labellisée n° IDF-91-7" in text_of(client.get(officer_page(odile) + "?show=granted"))
    assert "IDF-91-7" in text_of(client.get(officer_page(odile, activity)))


def test_a_selection_is_answered_at_once(client, activity):
    ask(activity)
    odile = make.make_officer()
    signed_in(client, odile)
    url = officer_page(odile, rest="/selection")
    assert client.post(url, data={"act": "grant"}).status_code == 400
    picked = {"picked": f"{activity.id}:{mark(activity)}"}
    assert "au moins une raison" in text_of(client.post(url, data={**picked, "act": "return"}))
    done = client.post(url, data={**picked, "act": "grant", f"number-{activity.id}": "A-1"}, follow_redirects=True)
    assert "1 activité est labellisée" in text_of(done)
    assert fresh(activity).label_number == "A-1"
    for wrong in ("x:y", "999999:abc"):
        assert client.post(url, data={"picked": wrong, "act": "grant"}).status_code in (400, 404)


def test_what_the_company_rewrites_is_read_again(client, activity, set_now):
    ask(activity)
    odile = make.make_officer()
    with transaction():
        services.grant_label(activity.id, db.session.merge(odile).memberships[0], number="1", seen=mark(activity))
    signed_in(client, odile)
    assert "Rien à relire" in text_of(client.get(officer_page(odile) + "?show=review"))
    activity = fresh(activity)
    activity.title, activity.updated_at = "Vente de nos produits", make.NOW.replace(hour=11)
    db.session.commit()
    assert "Vente de nos produits" in text_of(client.get(officer_page(odile) + "?show=review"))
    assert "réécrit cette activité" in text_of(client.get(officer_page(odile, activity)))
    client.post(officer_page(odile, activity, "/withdrawal"), data={"withdraw-reasons": ["not_industry"]})
    assert fresh(activity).label_state is LabelState.RETURNED


def test_another_territory_is_not_found_and_a_group_of_schools_only_reads(client, activity):
    ask(activity)
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    other, odile = make.make_officer(scope_code="24"), make.make_officer()
    signed_in(client, other)
    assert client.get(officer_page(odile)).status_code == 404
    assert client.get(officer_page(other, activity)).status_code == 404
    assert client.post(officer_page(other, activity, "/grant"), data={"grant-number": "1"}).status_code == 404
    picked = {"picked": f"{activity.id}:{mark(activity)}", "act": "grant"}
    assert client.post(officer_page(other, rest="/selection"), data=picked).status_code == 404
    bassin = make.make_officer(ScopeKind.GROUP, "bassin")
    signed_in(client, bassin)
    assert client.get(officer_page(bassin)).status_code == 200
    assert client.post(officer_page(bassin, rest="/selection"), data=picked).status_code == 403
    assert client.post(officer_page(bassin, activity, "/grant")).status_code == 403
    signed_in(client, activity.contact)
    assert client.get("/territory/labels").status_code == 404


def test_an_administrator_sees_the_queue_of_everywhere(client, activity):
    ask(activity)
    admin = make.make_admin()
    signed_in(client, admin)
    page = client.get("/territory/labels", follow_redirects=True)
    assert activity.title in text_of(page)
    assert client.get(officer_page(admin, activity)).status_code == 200


def test_the_programme_says_labelled_only_with_a_number_and_filters_on_it(client, activity):
    make.make_slot(activity)
    plain = make.make_activity(title="Sans label", edition=activity.edition)
    make.make_slot(plain)
    ask(activity)
    with transaction():
        services.grant_label(activity.id, make.make_officer().memberships[0], number="IDF-7", seen=mark(activity))
    listing = text_of(client.get("/programme?edition=2027"))
    assert listing.count("labellisé n°") == 1
    assert "labellisé n° IDF-7" in listing
    only = text_of(client.get("/programme?edition=2027&labelled=1"))
    assert "IDF-7" in only
    assert "Sans label" not in only
    assert "labellisé n° IDF-7" in text_of(client.get(f"/programme/{ref_of(fresh(activity))}"))
    assert "labellisé" not in text_of(client.get(f"/programme/{ref_of(plain)}"))


def test_a_small_member_of_the_company_may_ask_too(client, activity):
    colleague = make.make_person()
    db.session.add(Membership(person_id=colleague.id, role=MemberRole.HOST, company_id=activity.company_id,
                              created_at=make.NOW, trusted_at=make.NOW))  # fmt: skip
    db.session.commit()
    signed_in(client, colleague)
    assert client.get(company_page(activity)).status_code == 200


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_mails_say_the_same_in_text_and_html(app, activity, language):
    activity.contact.language = language
    db.session.commit()
    ask(activity)
    membership = make.make_officer().memberships[0]
    with transaction():
        from booking.catalogue.labelling.models import ReturnReason

        services.return_label(
            activity.id, membership, reasons=[ReturnReason.NOT_FREE], note="Écrivez « gratuit ».", seen=mark(activity)
        )
    db.session.query(OutgoingMail).filter_by(kind="label-asked").update({"object_key": None})
    db.session.commit()
    bodies = {}
    while parcel := outbox.claim():
        bodies[parcel.kind] = parcel.body.decode("utf-8", "replace")
        outbox.settle_sent(parcel)
    assert set(bodies) == {"label-asked", "label-returned"}
