import re
from html import unescape

import pytest
from sqlalchemy import func, select

from booking.accounts.models import MemberRole, MemberState, Person
from booking.companies.models import Company, Site
from booking.core.db import db
from booking.mail import outbox
from booking.mail.models import OutgoingMail
from booking.schools.models import School
from tests.make import (
    make_admin,
    make_commune,
    make_company,
    make_host,
    make_person,
    make_school,
    make_teacher,
    siren,
    siret,
)
from tests.sign_in import signed_in

WORDS = "cheval agrafe pile juste"


@pytest.fixture
def school(app):
    return make_school(
        uai="0911234A", name="Collège Louis Pasteur", search_text="college louis pasteur brunoy 0911234a"
    )


def text_of(response) -> str:
    return unescape(response.get_data(as_text=True)).replace("\u00a0", " ")


def person_of(email) -> Person | None:
    return db.session.scalar(select(Person).where(Person.email == email))


def last_mail(address) -> dict:
    mail = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.recipient == address).order_by(OutgoingMail.created_at.desc())
    ).first()
    return mail.payload if mail else {}


def link_in(mail, start) -> str:
    """The path of the link of a mail; every link stands under BASE_URL."""
    found = re.search(rf"http://127\.0\.0\.1:5000((?:/en)?{re.escape(start)}\S*)", mail["text"])
    assert found, mail
    assert unescape(mail["html"]).count(found[0]) >= 1
    return found[1]


def teacher(picked=None, **values) -> dict:
    return {
        "first_name": "Claire",
        "last_name": "Dupont",
        "email": "claire.dupont@ac-versailles.fr",
        "password": WORDS,
        "school": picked.uai if picked else "",
        **values,
    }


def firm(**values) -> dict:
    return {
        "first_name": "Karim",
        "last_name": "Leroy",
        "email": "karim@turbines.example.org",
        "phone": "01 60 00 00 00",
        "password": WORDS,
        "siret": siret(siren()),
        "company_name": "Turbines du Hurepoix",
        "sector": "metallurgie-mecanique",
        "address": "12 rue des Ateliers",
        "postcode": "91000",
        "town": "Évry-Courcouronnes",
        **values,
    }


# ---- A teacher signs up


def test_the_two_doors_keep_where_the_person_was_going(client):
    page = text_of(client.get("/signup?next=/programme/turbines-3"))
    assert "/signup/teacher?next=/programme/turbines-3" in page
    assert "/signup/company?next=/programme/turbines-3" in page


def test_a_teacher_signs_up_confirms_by_the_mail_s_link_and_lands_where_they_were_going(client, school):
    answer = client.post("/signup/teacher", data=teacher(school, next="/programme/turbines-3"), follow_redirects=True)
    assert "claire.dupont@ac-versailles.fr" in text_of(answer)
    link = link_in(last_mail("claire.dupont@ac-versailles.fr"), "/confirm/")
    page = client.get(link)
    assert page.status_code == 200
    assert person_of("claire.dupont@ac-versailles.fr").confirmed_at is None, "a GET confirmed the address"
    answer = client.post(link)
    assert (answer.status_code, answer.location) == (302, "/programme/turbines-3")
    person = person_of("claire.dupont@ac-versailles.fr")
    assert person.confirmed_at is not None
    assert person.memberships[0].is_trusted
    assert "Dupont" in text_of(client.get("/account/"))


def test_the_search_lists_schools_and_keeps_everything_typed(client, school):
    page = text_of(client.post("/signup/teacher", data=teacher(school_search="Brunoy", search="1")))
    assert "Collège Louis Pasteur, Brunoy (91) – 0911234A" in page
    for typed in ("Claire", "Dupont", "claire.dupont@ac-versailles.fr", "Brunoy"):
        assert f'value="{typed}"' in page
    assert "Indiquez" not in page, "a search is not a mistake"
    assert person_of("claire.dupont@ac-versailles.fr") is None


def test_a_text_not_searched_yet_is_searched_whatever_the_button(client, school):
    page = text_of(client.post("/signup/teacher", data=teacher(school_search="Brunoy")))
    assert 'type="radio" value="0911234A"' in page
    done = client.post("/signup/teacher", data=teacher(school, school_search="Brunoy", searched="Brunoy", search="1"))
    assert done.status_code == 302


def test_the_page_of_a_search_can_be_sent_as_it_is(client, school):
    page = text_of(client.post("/signup/teacher", data=teacher(school_search="Brunoy", search="1")))
    hidden = re.search(r'<input id="searched"[^>]*value="([^"]*)"', page)[1]
    assert hidden == "Brunoy"
    done = client.post("/signup/teacher", data=teacher(school, school_search="Brunoy", searched=hidden))
    assert done.status_code == 302


def test_the_summary_of_mistakes_follows_the_page(client):
    page = text_of(client.post("/signup/company", data={}))
    summary = page[page.index("error-summary-title") : page.index("<form method")]
    places = [
        summary.index(f'href="#{name}"')
        for name in ("siret", "sector", "address", "postcode", "town", "first_name", "phone")
    ]
    assert places == sorted(places)


def test_a_search_that_finds_nothing_says_what_to_do(client, school):
    page = text_of(client.post("/signup/teacher", data=teacher(school_search="Atlantide", search="1")))
    assert "Aucun établissement ne répond à « Atlantide »" in page


def test_a_school_that_is_not_listed_is_added_by_its_uai(client, school):
    make_commune()
    added = dict(
        uai="0910620e", school_name="Lycée neuf", school_kind="lycee", postcode="91000", town="evry courcouronnes"
    )
    assert client.post("/signup/teacher", data=teacher(**added)).status_code == 302
    assert db.session.scalar(select(School).where(School.uai == "0910620E")).name == "Lycée neuf"


def test_adding_a_school_that_is_known_takes_the_known_one(client, school):
    db.session.add(School(uai="0910620E", name="Lycée connu", kind="lycee", departement_code="91"))
    db.session.commit()
    assert client.post("/signup/teacher", data=teacher(uai="0910620E")).status_code == 302
    (membership,) = person_of("claire.dupont@ac-versailles.fr").memberships
    assert membership.school.name == "Lycée connu"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first_name": ""}, "Indiquez votre prénom."),
        ({"last_name": "x" * 81}, "80 caractères au plus"),
        ({"email": "claire"}, "Cette adresse e-mail n’est pas valable."),
        ({"email": "c" * 300 + "@example.org"}, "Cette adresse e-mail n’est pas valable."),
        ({"password": "court"}, "10 caractères au moins"),
        ({"password": "x9" * 100_000}, "128 au plus"),
        ({"password": "monMotDePasse"}, "parmi les premiers qu’on essaierait"),
        ({"password": "Claire.Dupont@ac-versailles.fr"}, "parmi les premiers qu’on essaierait"),
        ({"school": "0000000X"}, "choisissez-le dans la liste"),
        ({"school": "\x00"}, "choisissez-le dans la liste"),
        ({"uai": "0910620A", "school_name": "Lycée"}, "UAI"),
        ({"uai": "0910620E"}, "Indiquez le nom de l’établissement."),
        ({"uai": "0910620E", "school_name": "L", "school_kind": "fac"}, "une école, un collège ou un lycée"),
        ({"uai": "0910620E", "school_name": "L", "postcode": "9100"}, "cinq chiffres"),
        ({"uai": "0910620E", "school_name": "L", "postcode": "99999", "town": "Nulle-Part"}, "ne trouvons pas cette commune"),
    ],
)  # fmt: skip
def test_each_mistake_of_a_teacher_gets_its_sentence_and_nothing_typed_is_lost(client, school, changes, sentence):
    typed = teacher(school, **changes)
    answer = client.post("/signup/teacher", data=typed)
    page = text_of(answer)
    assert answer.status_code == 200
    assert sentence in page
    assert 'class="error"' in page
    for name in ("first_name", "last_name", "email"):
        assert f'value="{typed[name].strip()}"' in page
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0
    assert typed["password"] not in page


def test_control_characters_never_reach_the_database(client, school):
    client.post("/signup/teacher", data=teacher(school, first_name="Cl\x00ai\nre", last_name="Du\u202epont"))
    person = person_of("claire.dupont@ac-versailles.fr")
    assert person.name == "Cl ai re Du pont"


def test_a_password_with_a_null_character_is_no_crash(client, school):
    assert client.post("/signup/teacher", data=teacher(school, password=f"{WORDS}\x00")).status_code in {200, 302}


def test_a_known_address_is_answered_like_a_new_one(client, school):
    make_person("claire.dupont@ac-versailles.fr")
    known = client.post("/signup/teacher", data=teacher(school))
    new = client.post("/signup/teacher", data=teacher(school, email="other@ac-versailles.fr"))
    assert (known.status_code, known.location) == (new.status_code, new.location)
    assert "Vous avez déjà un compte" in last_mail("claire.dupont@ac-versailles.fr")["subject"]
    client.get(link_in(last_mail("claire.dupont@ac-versailles.fr"), "/reset/"))


def test_somebody_signed_in_has_no_second_sign_up(client, school):
    signed_in(client, make_teacher(school))
    for page in ("/signup", "/signup/teacher", "/signup/company"):
        assert client.get(page).location == "/me"


# ---- A company's member signs up


def test_a_company_signs_up_confirms_and_manages_the_company(client):
    make_commune()
    typed = firm()
    assert client.post("/signup/company", data=typed).status_code == 302
    assert client.post(link_in(last_mail(typed["email"]), "/confirm/")).location == "/me"
    company = db.session.scalars(select(Company)).one()
    page = text_of(client.get("/account/"))
    assert "Turbines du Hurepoix" in page
    assert "vérification en cours" in page
    assert text_of(client.get(f"/company/{company.id}/people")).count("Karim Leroy") == 1


def test_a_postcode_of_several_communes_offers_them_and_the_choice_is_kept(client):
    make_commune("91111", "Bris-sous-Forges", "91640")
    make_commune("91249", "Fontenay-lès-Briis", "91640")
    page = text_of(client.post("/signup/company", data=firm(postcode="91640", town="Briis")))
    assert "Choisissez la commune dans la liste." in page
    assert "Fontenay-lès-Briis (91)" in page
    typed = firm(postcode="91640", town="Briis", commune="91249")
    assert client.post("/signup/company", data=typed).status_code == 302
    assert db.session.scalars(select(Site)).one().commune_name == "Fontenay-lès-Briis"


def test_a_name_typed_without_accents_and_with_cedex_is_understood(client):
    make_commune()
    make_commune("91286", "Grigny", "91000")
    assert client.post("/signup/company", data=firm(town="EVRY COURCOURONNES CEDEX 2")).status_code == 302
    assert db.session.scalars(select(Site)).one().commune_name == "Évry-Courcouronnes"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"siret": "123"}, "SIRET"),
        ({"siret": "73282932000075"}, "SIRET"),
        ({"siret": "9" * 5000}, "SIRET"),
        ({"siret": "²³¹²³¹²³¹²³¹²³"}, "SIRET"),
        ({"company_name": ""}, "Indiquez le nom de l’entreprise."),
        ({"sector": "contrebande"}, "Choisissez un secteur."),
        ({"sector": ""}, "Choisissez un secteur."),
        ({"address": "x" * 201}, "200 caractères au plus"),
        ({"postcode": "٩١٠٠٠"}, "cinq chiffres"),
        ({"postcode": "%%%%%"}, "cinq chiffres"),
        ({"postcode": "97133", "town": "Ici"}, "ne trouvons pas cette commune"),
        ({"town": ""}, "Indiquez la commune."),
        ({"phone": "mon bureau"}, "Ce numéro n’est pas lisible."),
        ({"phone": ""}, "Indiquez un téléphone"),
    ],
)
def test_each_mistake_of_a_company_gets_its_sentence_and_nothing_typed_is_lost(client, changes, sentence):
    make_commune()
    typed = firm(**changes)
    answer = client.post("/signup/company", data=typed)
    page = text_of(answer)
    assert answer.status_code == 200
    assert sentence in page
    for name in ("first_name", "email", "company_name", "siret", "address", "postcode", "town", "phone"):
        assert not typed[name] or f'value="{typed[name]}"' in page
    if typed["sector"] == "metallurgie-mecanique":
        assert 'selected value="metallurgie-mecanique"' in page
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0


# ---- Confirmation


def test_a_confirmed_link_used_again_says_so_and_signs_nobody_in(client, app, school):
    client.post("/signup/teacher", data=teacher(school))
    link = link_in(last_mail("claire.dupont@ac-versailles.fr"), "/confirm/")
    client.post(link)
    stranger = app.test_client()
    assert "Votre adresse est déjà confirmée" in text_of(stranger.post(link, follow_redirects=True))
    assert stranger.get("/account/").status_code == 302


@pytest.mark.parametrize("token", ["nothing", "a.b.c", "é", "%00", "x" * 4000])
def test_a_tampered_link_gets_a_sentence(client, token):
    for start in ("/confirm", "/reset", "/login/link"):
        answer = client.get(f"{start}/{token}", follow_redirects=True)
        assert answer.status_code == 200
        assert "lien" in text_of(answer)
        assert "pas valable" in text_of(answer) or "a déjà servi" in text_of(answer)


def test_an_expired_link_gets_a_sentence_and_a_way_out(client, app, school):
    from datetime import timedelta

    client.post("/signup/teacher", data=teacher(school))
    link = link_in(last_mail("claire.dupont@ac-versailles.fr"), "/confirm/")
    app.config["SECURITY_CONFIRM_EMAIL_WITHIN"] = timedelta(seconds=-1)
    page = text_of(client.post(link, follow_redirects=True))
    assert "Ce lien de confirmation a expiré" in page
    assert "Recevoir un nouveau lien" in page
    assert person_of("claire.dupont@ac-versailles.fr").confirmed_at is None


def test_a_new_confirmation_link_can_be_asked_and_says_the_same_to_anybody(client, school):
    client.post("/signup/teacher", data=teacher(school))
    db.session.execute(db.delete(OutgoingMail))
    known = text_of(client.post("/confirm?next=/x", data={"email": "Claire.Dupont@ac-versailles.fr"}))
    unknown = text_of(client.post("/confirm?next=/x", data={"email": "Claire.Dupond@ac-versailles.fr"}))
    assert "vient d’y être envoyé" in known
    assert known.replace("Dupont", "Dupond") == unknown
    assert "next=/x" in link_in(last_mail("claire.dupont@ac-versailles.fr"), "/confirm/")


def test_a_link_of_a_mail_never_follows_a_forged_host(client, school):
    client.post("/signup/teacher", data=teacher(school), headers={"Host": "evil.example.org"})
    client.post("/reset", data={"email": make_person().email}, headers={"Host": "evil.example.org"})
    mails = db.session.scalars(select(OutgoingMail)).all()
    assert len(mails) == 2
    for mail in mails:
        assert "evil" not in str(mail.payload)


# ---- Sign-in, reset, link


def test_sign_in_and_sign_out(client):
    person = make_person("claire@example.org")
    answer = client.post("/login", data={"email": "Claire@Example.org", "password": "etabli-demo", "next": "/account/"})
    assert (answer.status_code, answer.location) == (302, "/account/")
    assert client.get("/account/").status_code == 200
    assert person.login_count == 1
    assert client.get("/logout").status_code == 405
    client.post("/logout")
    assert client.get("/account/").status_code == 302


def test_a_wrong_password_and_an_unknown_address_read_the_same(client):
    make_person("claire@example.org")
    wrong = text_of(client.post("/login", data={"email": "claire@example.org", "password": "not the one"}))
    unknown = text_of(client.post("/login", data={"email": "clare@example.org", "password": "not the one"}))
    assert "Cette adresse et ce mot de passe ne vont pas ensemble." in wrong
    assert wrong.replace("claire@", "clare@") == unknown


@pytest.mark.parametrize(
    "target", ["https://example.org/", "//example.org", "/\\example.org", "http://[", "/\t/example.org"]
)
def test_nobody_is_sent_to_another_site(client, target):
    make_person("claire@example.org")
    for data, query in (({"next": target}, {}), ({}, {"next": target})):
        answer = client.post(
            "/login", query_string=query, data={"email": "claire@example.org", "password": "etabli-demo", **data}
        )
        assert answer.location == "/me"
        client.post("/logout")
    assert client.get("/login", query_string={"next": target}).status_code == 200
    assert client.get("/signup", query_string={"next": target}).status_code == 200


def test_a_page_that_asks_for_sign_in_comes_back_after_it(client):
    make_person("claire@example.org")
    sent = client.get("/account/")
    assert sent.location == "/login?next=/account/"
    assert 'value="/account/"' in text_of(client.get(sent.location))


def test_an_unconfirmed_person_with_the_right_password_is_led_to_confirm(client):
    make_person("claire@example.org", confirmed=False)
    right = client.post(
        "/login", data={"email": "claire@example.org", "password": "etabli-demo"}, follow_redirects=True
    )
    assert "Confirmez d’abord votre adresse" in text_of(right)
    assert "claire@example.org" in text_of(right)
    wrong = client.post(
        "/login", data={"email": "claire@example.org", "password": "not the one"}, follow_redirects=True
    )
    assert "Confirmez" not in text_of(wrong)


def test_a_forgotten_password_is_chosen_again_by_mail_once(client):
    person = make_person("claire@example.org", confirmed=False)
    known = text_of(client.post("/reset", data={"email": "claire@example.org"}))
    unknown = text_of(client.post("/reset", data={"email": "clare@example.org"}))
    assert "vient d’y être envoyé" in known
    assert known.replace("claire@", "clare@") == unknown
    link = link_in(last_mail(person.email), "/reset/")
    both = {"password": WORDS, "password_confirm": WORDS}
    assert "ne sont pas les mêmes" in text_of(client.post(link, data={**both, "password_confirm": "another one"}))
    assert "10 caractères au moins" in text_of(
        client.post(link, data={"password": "court", "password_confirm": "court"})
    )
    assert "Votre mot de passe est changé" in text_of(client.post(link, data=both, follow_redirects=True))
    assert person_of("claire@example.org").confirmed_at is not None, "the link proves the address"
    assert "a déjà servi" in text_of(client.get(link, follow_redirects=True))
    assert client.post("/login", data={"email": "claire@example.org", "password": WORDS}).location == "/me"


def test_a_sign_in_link_signs_in_once_and_only_by_its_button(client, app):
    make_person("claire@example.org")
    asked = client.post("/login/link", data={"email": "claire@example.org", "next": "/account/"})
    assert (
        asked.location == client.post("/login/link", data={"email": "clare@example.org", "next": "/account/"}).location
    )
    link = link_in(last_mail("claire@example.org"), "/login/link/")
    assert client.get(link).status_code == 200
    assert client.get("/account/").status_code == 302, "a GET signed in"
    assert client.post(link).location == "/account/"
    assert client.get("/account/").status_code == 200
    assert "a déjà servi" in text_of(app.test_client().post(link, follow_redirects=True))


@pytest.mark.parametrize("page", ["/reset", "/confirm", "/login/link"])
def test_a_stranger_s_address_costs_the_same_work_and_leaves_nothing(client, monkeypatch, page):
    make_person("claire@example.org", confirmed=page != "/confirm")
    written = []
    queue = outbox.queue
    monkeypatch.setattr(outbox, "queue", lambda kind, to, **more: (written.append(to), queue(kind, to, **more))[1])
    for email in ("claire@example.org", "stranger@example.org"):
        client.post(page, data={"email": email})
    assert written == ["claire@example.org", "stranger@example.org"]
    assert [mail.recipient for mail in db.session.scalars(select(OutgoingMail))] == ["claire@example.org"]


def test_changing_the_password_closes_the_other_sessions(client, app):
    person = make_person("claire@example.org")
    other = app.test_client()
    for one in (client, other):
        one.post("/login", data={"email": person.email, "password": "etabli-demo"})
    words = {"password": "etabli-demo", "new_password": WORDS, "new_password_confirm": WORDS}
    assert "n’est pas le bon" in text_of(client.post("/change", data={**words, "password": "no"}))
    assert client.post("/change", data=words).location == "/account/"
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert "vient d’être changé" in last_mail(person.email)["subject"]


def test_a_request_in_json_is_refused_not_a_crash(client):
    for body in (b"[1]", b"{", b'{"email": {}}'):
        for page in ("/login", "/reset", "/confirm"):
            assert client.post(page, data=body, content_type="application/json").status_code in {400, 415}


@pytest.mark.parametrize("page", ["/login", "/reset", "/confirm", "/login/link"])
@pytest.mark.parametrize("email", ["", "\x00@\x00", "a" * 70_000, "é@é.é", "a@" + "b." * 2000 + "fr", "'; --"])
def test_odd_addresses_are_no_crash(client, page, email):
    assert client.post(page, data={"email": email, "password": "x" * 1000}).status_code < 500


def test_the_same_pages_speak_english_in_their_links_when_read_in_english(client, school):
    client.post("/en/signup/teacher", data=teacher(school))
    assert person_of("claire.dupont@ac-versailles.fr").language == "en"
    assert link_in(last_mail("claire.dupont@ac-versailles.fr"), "/en/confirm/")


# ---- Two-factor


def test_officers_must_set_up_a_second_factor_where_it_is_demanded_and_recover_by_a_code(client, app):
    app.config["TWO_FACTOR_FOR_OFFICERS"] = True
    admin = make_admin(email="ada@example.org")
    make_teacher(email="claire@example.org")
    assert client.post("/login", data={"email": "claire@example.org", "password": "etabli-demo"}).location == "/me"
    client.post("/logout")
    words = {"email": "ada@example.org", "password": "etabli-demo"}
    assert client.post("/login", data=words).location == "/tf-setup"
    assert "obligatoire" in text_of(client.get("/tf-setup"))
    assert client.get("/account/").status_code == 302, "half signed in is not signed in"
    page = text_of(client.post("/tf-setup", data={"setup": "authenticator"}))
    key = re.search(r"<strong>([A-Z2-7 ]+)</strong>", page)[1]
    assert "pas le bon" in text_of(client.post("/tf-validate", data={"code": "000000"}))
    answer = client.post("/tf-validate", data={"code": code_of(key)})
    assert answer.location == "/me"
    assert client.get("/account/").status_code == 200
    page = text_of(client.post("/mf-recovery-codes", data={"generate_new_codes": "1"}))
    recovery = re.findall(r'<li class="num"><strong>(\S+)</strong>', page)
    assert len(recovery) == 5
    client.post("/logout")
    assert client.post("/login", data=words).location.startswith("/tf-validate")
    assert "application d’authentification" in text_of(client.get("/tf-validate"))
    assert "Nous avons votre demande" in text_of(client.post("/tf-rescue", data={"help_setup": "help"}))
    assert "pas valable" in text_of(client.post("/mf-recovery", data={"code": "wrong"}))
    assert client.post("/mf-recovery", data={"code": recovery[0]}).location == "/me"
    assert len(admin.mf_recovery_codes) == 4


def code_of(key: str) -> str:
    """What an authenticator application shows now for this key (RFC 6238)."""
    import base64
    import hmac
    import time

    packed = "".join(key.split())
    secret = base64.b32decode(packed + "=" * (-len(packed) % 8))
    digest = hmac.digest(secret, (int(time.time()) // 30).to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def test_sensitive_settings_ask_for_the_password_again_after_an_hour(client):
    person = make_person("claire@example.org")
    signed_in(client, person)
    assert client.get("/tf-setup").status_code == 200
    with client.session_transaction() as session:
        session["fs_paa"] -= 3700
        session.pop("fs_gexp", None)
    asked = client.get("/tf-setup")
    assert asked.location == "/verify?next=/tf-setup"
    assert "Est-ce bien vous" in text_of(client.get(asked.location))
    assert client.post(asked.location, data={"password": "etabli-demo"}).location == "/tf-setup"
    assert client.get("/tf-setup").status_code == 200


# ---- The person's own page, a company's people


def test_the_profile_keeps_what_is_typed_and_refuses_in_french(client, school):
    person = make_teacher(school)
    signed_in(client, person)
    assert "Collège Louis Pasteur" in text_of(client.get("/account/"))
    typed = {"first_name": "Claire-Marie", "last_name": "Dupont", "mobile": "06 00 00 00 00", "language": "en"}
    assert client.post("/account/", data=typed).location == "/en/account/"
    assert (person.first_name, person.mobile, person.language) == ("Claire-Marie", "06 00 00 00 00", "en")
    assert not person.wants_reminders
    page = text_of(client.post("/account/", data={**typed, "mobile": "appelez-moi", "language": "tlh"}))
    assert "Ce numéro n’est pas lisible." in page
    assert 'value="appelez-moi"' in page


def test_a_manager_lets_a_colleague_in(client):
    company = make_company()
    manager = make_host(company)
    typed = firm(siret=siret(company.siren, 7), email="lea@example.org", first_name="Léa")
    make_commune()
    assert client.post("/signup/company", data=typed).status_code == 302
    client.post(link_in(last_mail("lea@example.org"), "/confirm/"))
    assert "en attente" in text_of(client.get("/account/"))
    assert client.get(f"/company/{company.id}/people").status_code == 404, "a colleague who waits sees nothing yet"
    asked = link_in(last_mail(manager.email), f"/company/{company.id}/people")
    signed_in(client, manager)
    assert "Accepter Léa Leroy" in text_of(client.get(asked))
    (membership,) = person_of("lea@example.org").memberships
    done = client.post(f"{asked}/{membership.id}/acceptance", follow_redirects=True)
    assert "Votre collègue a rejoint l’entreprise." in text_of(done)
    assert (membership.state, membership.role) == (MemberState.ACTIVE, MemberRole.HOST)
    again = client.post(f"{asked}/{membership.id}/refusal", follow_redirects=True)
    assert "a déjà reçu une réponse" in text_of(again)


def test_only_a_manager_of_this_company_answers(client):
    company, other = make_company(), make_company()
    manager, stranger = make_host(company), make_host(other)
    host = make_host(company, role=MemberRole.HOST, email="host@example.org")
    (membership,) = host.memberships
    path = f"/company/{company.id}/people"
    assert client.get(path).status_code == 302
    signed_in(client, stranger)
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/{membership.id}/acceptance").status_code == 404
    assert client.post(f"/company/{other.id}/people/{membership.id}/acceptance").status_code == 404
    signed_in(client, host)
    assert client.get(path).status_code == 200
    assert client.post(f"{path}/{membership.id}/acceptance").status_code == 403
    signed_in(client, manager)
    assert client.post(f"{path}/999999/acceptance").status_code == 404


def test_me_without_any_role_is_the_profile(client):
    signed_in(client, make_person())
    assert client.get("/me").location == "/account/"


# ---- Words


def test_every_sentence_of_flask_security_that_can_be_read_here_is_ours():
    from flask_security.core import _default_messages
    from flask_security.forms import _default_field_labels

    from booking.accounts.wording import FRENCH

    unused = ("WEBAUTHN_", "US_", "USERNAME_", "OAUTH_", "CHANGE_EMAIL_", "REFRESH_", "PHONE_", "LOGIN_", "USE_CODE",
              "PASSWORD_BREACHED", "PASSWORDLESS_", "GENERIC_US", "INVALID_LOGIN", "INVALID_INPUT_LENGTH", "INVALID_PASSWORD_CODE",
              "INVALID_CODE")  # fmt: skip
    said = [text for key, (text, _kind) in _default_messages.items() if not key.startswith(unused)]
    assert [text for text in said if str(text) not in FRENCH] == []
    labels = ("authapp_method", "change_password", "code", "email", "login", "new_password", "password", "recover_password",
              "remember_me", "reset_password", "retype_password", "send_confirmation", "submit", "submitcode", "verify_password")  # fmt: skip
    assert [key for key in labels if str(_default_field_labels[key]) not in FRENCH] == []


@pytest.mark.parametrize(
    "page",
    ["/login", "/reset", "/confirm", "/login/link", "/signup", "/signup/teacher", "/signup/company", "/signup/mail"],
)
def test_the_pages_for_anybody_are_in_french(client, page):
    words = text_of(client.get(page))
    for english in ("Login", "Password", "Email Address", "Remember", "Submit", "Forgot"):
        assert f">{english}" not in words
