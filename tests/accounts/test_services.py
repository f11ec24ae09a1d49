import pytest
from flask_security import verify_password
from sqlalchemy import func, select

from booking.accounts import services
from booking.accounts.models import MemberRole, Membership, MemberState, Person, ScopeKind
from booking.accounts.rules import Scope, WrongScope
from booking.accounts.services import AlreadyAnswered, Firm, Newcomer, UnlistedSchool
from booking.companies.models import Company, Site, Trust
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.mail.models import OutgoingMail
from booking.schools.models import School, SchoolKind
from tests.make import (
    make_commune,
    make_company,
    make_departement,
    make_host,
    make_officer,
    make_person,
    make_school,
    make_site,
    siren,
    siret,
)

pytestmark = pytest.mark.usefixtures("both_databases")

WORDS = "cheval agrafe pile juste"


def newcomer(email="claire.dupont@ac-versailles.fr", **values) -> Newcomer:
    return Newcomer(**{"first_name": "Claire", "last_name": "Dupont", "password": WORDS, "email": email, **values})


def firm(number=None, **values) -> Firm:
    defaults = dict(siret=number or siret(siren()), name="Turbines du Hurepoix", sector="metallurgie-mecanique",
                    address="12 rue des Ateliers", postcode="91000", commune=make_commune())  # fmt: skip
    return Firm(**{**defaults, **values})


def do(service, *args, **values):
    with transaction():
        return service(*args, **values)


def mails_to(address) -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.recipient == address)))


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_teacher_who_signs_up_has_an_account_to_confirm_and_waits_for_trust(app, now):
    school = make_school()
    do(services.sign_up_teacher, newcomer("Claire.Dupont@AC-Versailles.fr"), school)
    person = db.session.scalars(select(Person)).one()
    assert (person.email, person.confirmed_at) == ("claire.dupont@ac-versailles.fr", None)
    assert verify_password(WORDS, person.password)
    assert WORDS not in repr(vars(person)) or app.config["SECURITY_PASSWORD_HASH"] == "plaintext"
    (membership,) = person.memberships
    assert (membership.role, membership.school_id, membership.is_trusted) == (MemberRole.TEACHER, school.id, False)
    assert membership.trust_due_at > now
    assert len(mails_to(person.email)) == 1


def test_confirming_an_address_of_the_school_s_academie_gives_trust(app, now):
    person = do(services.sign_up_teacher, newcomer(), make_school())
    do(services.confirm_address, person)
    assert person.confirmed_at == now
    assert person.memberships[0].is_trusted
    assert person.memberships[0].trust_due_at is None


@pytest.mark.parametrize("email", ["claire@example.org", "claire@ac-creteil.fr"])
def test_confirming_any_other_address_leaves_the_teacher_waiting(app, now, email):
    person = do(services.sign_up_teacher, newcomer(email), make_school())
    do(services.confirm_address, person)
    assert not person.memberships[0].is_trusted
    assert person.memberships[0].trust_due_at is not None


def test_confirming_twice_changes_nothing(app, now, set_now):
    from datetime import timedelta

    person = do(services.sign_up_teacher, newcomer(), make_school())
    do(services.confirm_address, person)
    set_now(now + timedelta(days=1))
    do(services.confirm_address, person)
    assert person.confirmed_at == now


def test_a_known_address_makes_no_second_account_and_its_owner_is_told(app):
    owner = make_person("claire.dupont@ac-versailles.fr")
    assert do(services.sign_up_teacher, newcomer("Claire.Dupont@ac-versailles.fr"), make_school()) is None
    assert (count(Person), count(Membership)) == (1, 0)
    assert [mail.kind for mail in mails_to(owner.email)] == ["account"]


def test_a_rolled_back_sign_up_leaves_no_mail(app):
    with pytest.raises(RuntimeError), transaction():
        services.sign_up_teacher(newcomer(), make_school())
        raise RuntimeError
    assert (count(Person), count(OutgoingMail)) == (0, 0)


def test_a_school_that_is_not_listed_is_added_with_its_teacher(app):
    unlisted = UnlistedSchool("0910620E", "Lycée de l’Essonne", SchoolKind.LYCEE, "91000", make_commune())
    person = do(services.sign_up_teacher, newcomer(), unlisted)
    school = db.session.scalars(select(School)).one()
    assert (school.uai, school.departement_code, school.academie_code) == ("0910620E", "91", "25")
    assert person.memberships[0].school_id == school.id


def test_the_first_of_a_siren_makes_the_company_and_manages_it_while_it_waits(app, now):
    it = firm()
    person = do(services.sign_up_company, newcomer("karim@example.org", phone="01 60 00 00 00"), it)
    company = db.session.scalars(select(Company)).one()
    assert (company.siren, company.trust) == (it.siret[:9], Trust.PENDING)
    assert company.trust_due_at > now
    site = db.session.scalars(select(Site)).one()
    assert (site.siret, site.commune_insee, site.timezone) == (it.siret, "91228", "Europe/Paris")
    assert person.memberships[0].role is MemberRole.HOST_MANAGER
    assert person.memberships[0].is_active


def test_a_site_overseas_keeps_the_time_of_its_place(app):
    make_departement("974", "La Réunion", "28", "La Réunion", "Réunion", "La Réunion", "Indian/Reunion")
    commune = make_commune("97411", "Saint-Denis", "97400", "974", -20.9, 55.5)
    do(services.sign_up_company, newcomer("karim@example.org"), firm(commune=commune, postcode="97400"))
    assert db.session.scalars(select(Site)).one().timezone == "Indian/Reunion"


def test_the_second_colleague_waits_and_managers_hear_of_it_only_once_the_address_is_confirmed(app):
    company = make_company()
    manager = make_host(company)
    person = do(services.sign_up_company, newcomer("lea@example.org"), firm(siret(company.siren, 2)))
    assert (count(Company), count(Site)) == (1, 0)
    (membership,) = person.memberships
    assert (membership.role, membership.state) == (MemberRole.HOST, MemberState.PENDING)
    assert mails_to(manager.email) == []
    do(services.confirm_address, person)
    (mail,) = mails_to(manager.email)
    assert "au plus tard" in mail.payload["text"], "until when the colleague waits is said"


def test_a_company_whose_only_manager_never_confirmed_is_not_locked(app):
    company = make_company()
    make_host(company, confirmed=False)
    person = do(services.sign_up_company, newcomer("lea@example.org"), firm(siret(company.siren, 2)))
    assert person.memberships[0].role is MemberRole.HOST_MANAGER


def test_a_wrong_siret_makes_nothing(app):
    with pytest.raises(Refusal) as refused:
        do(services.sign_up_company, newcomer("lea@example.org"), firm("12345678901234"))
    assert refused.value.field == "siret"
    assert (count(Person), count(Company)) == (0, 0)


def waiting_colleague(company):
    person = do(services.sign_up_company, newcomer("lea@example.org"), firm(siret(company.siren, 2)))
    do(services.confirm_address, person)
    return person.memberships[0]


def test_an_accepted_colleague_becomes_a_host_and_is_told(app):
    company = make_company()
    make_host(company)
    membership = waiting_colleague(company)
    do(services.accept_colleague, company, membership.id)
    assert membership.is_trusted
    assert len(mails_to("lea@example.org")) == 2  # the confirmation, then this one


def test_the_site_of_an_accepted_colleague_opens_with_the_yes(app):
    company = make_company()
    make_host(company)
    membership = waiting_colleague(company)
    number = siret(company.siren, 2)
    assert (count(Site), membership.proposed_site["siret"]) == (0, number)
    do(services.accept_colleague, company, membership.id)
    site = db.session.scalars(select(Site)).one()
    assert (site.siret, site.company_id, site.address) == (number, company.id, "12 rue des Ateliers")
    assert membership.proposed_site is None


def test_a_site_that_was_added_meanwhile_is_left_alone_and_the_colleague_comes_in(app):
    company = make_company()
    make_host(company)
    membership = waiting_colleague(company)
    make_site(company, siret=siret(company.siren, 2), address="1 rue Haute")
    do(services.accept_colleague, company, membership.id)
    assert membership.is_trusted
    assert db.session.scalars(select(Site)).one().address == "1 rue Haute"


def test_a_refused_colleague_leaves_no_site(app):
    company = make_company()
    make_host(company)
    membership = waiting_colleague(company)
    do(services.refuse_colleague, company, membership.id)
    assert (count(Site), membership.proposed_site) == (0, None)


def test_a_colleague_of_a_site_that_is_known_proposes_none(app):
    company = make_company()
    make_host(company)
    make_site(company, siret=siret(company.siren, 2))
    assert waiting_colleague(company).proposed_site is None


def test_who_takes_over_a_company_nobody_confirmed_opens_their_site_with_the_confirmation(app):
    company = make_company()
    make_host(company, confirmed=False)
    person = do(services.sign_up_company, newcomer("lea@example.org"), firm(siret(company.siren, 2)))
    assert count(Site) == 0
    do(services.confirm_address, person)
    assert count(Site) == 1


def test_officers_hear_of_a_company_that_waits_once_somebody_confirmed_an_address(app):
    make_commune()
    officer, elsewhere = make_officer(), make_officer(ScopeKind.DEPARTEMENT, "75")
    person = do(services.sign_up_company, newcomer("karim@example.org"), firm())
    assert mails_to(officer.email) == []
    do(services.confirm_address, person)
    do(services.confirm_address, person)
    (mail,) = mails_to(officer.email)
    assert "Turbines du Hurepoix" in mail.payload["subject"]
    assert mails_to(elsewhere.email) == []


def test_a_refused_colleague_is_out_and_a_second_answer_is_refused(app):
    company = make_company()
    make_host(company)
    membership = waiting_colleague(company)
    do(services.refuse_colleague, company, membership.id)
    assert membership.state is MemberState.ENDED
    with pytest.raises(AlreadyAnswered):
        do(services.accept_colleague, company, membership.id)


def test_a_colleague_of_another_company_cannot_be_answered_for(app):
    company = make_company()
    make_host(company)
    membership = waiting_colleague(company)
    with pytest.raises(AlreadyAnswered):
        do(services.accept_colleague, make_company(), membership.id)


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (Scope(ScopeKind.NATIONAL), None),
        (Scope(ScopeKind.REGION_ACADEMIQUE, "ile-de-france"), "Île-de-France"),
        (Scope(ScopeKind.ACADEMIE, "25"), "25"),
        (Scope(ScopeKind.ACADEMIE, "versailles"), "25"),
        (Scope(ScopeKind.DEPARTEMENT, "essonne"), "91"),
        (Scope(ScopeKind.PREFECTURE, "91"), "91"),
    ],
)
def test_an_officer_s_territory_is_kept_by_its_code_and_once(app, scope, code):
    make_departement()
    for _time in range(2):
        officer = do(services.create_officer, "odile@example.org", scope, "Odile", "Martin")
    (membership,) = officer.memberships
    assert (membership.scope_kind, membership.scope_code, membership.is_trusted) == (scope.kind, code, True)
    assert officer.confirmed_at is not None


def test_a_territory_that_does_not_exist_is_refused(app):
    make_departement()
    with pytest.raises(WrongScope):
        do(services.create_officer, "odile@example.org", Scope(ScopeKind.ACADEMIE, "Atlantide"))
    assert count(Person) == 0


def test_an_administrator_is_one_once(app):
    for _time in range(2):
        admin = do(services.create_admin, "ada@example.org", "Ada", "Min")
    assert [m.role for m in admin.memberships] == [MemberRole.ADMIN]


def test_a_sign_in_link_leaves_for_a_known_address_only(app):
    person = make_person("claire@example.org")
    do(services.ask_sign_in_link, "nobody@example.org")
    assert count(OutgoingMail) == 0
    do(services.ask_sign_in_link, " Claire@Example.org")
    assert len(mails_to(person.email)) == 1
