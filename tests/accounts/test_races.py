"""Two people at the same moment, in two processes."""

import pytest
from sqlalchemy import func, select

from booking.accounts import services
from booking.accounts.models import Membership, Person
from booking.accounts.services import Firm, Newcomer
from booking.companies.models import Company, Site
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from booking.territory.models import Commune
from tests.make import make_commune, siren, siret
from tests.processes import call_at_once


def sign_up(email: str, number: str) -> bool:
    newcomer = Newcomer("Karim", "Leroy", email, "cheval agrafe pile juste")
    with transaction():
        commune = db.session.get(Commune, "91228")
        firm = Firm(number, "Turbines", "metallurgie-mecanique", "12 rue des Ateliers", "91000", commune)
        return services.sign_up_company(newcomer, firm) is not None


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.deep_on_sqlite
def test_colleagues_who_sign_up_together_make_one_company(app, both_shared_databases):
    make_commune()
    number = siren()
    calls = [{"email": f"personne{n}@example.org", "number": siret(number, n)} for n in range(1, 5)]
    assert call_at_once(app, sign_up, calls, processes=2) == [True] * 4
    assert (count(Company), count(Site), count(Person), count(Membership)) == (1, 1, 4, 4)


@pytest.mark.deep_on_sqlite
def test_one_person_who_presses_twice_has_one_account(app, both_shared_databases):
    make_commune()
    calls = [{"email": "karim@example.org", "number": siret(siren(), 1)} for _time in range(4)]
    assert sorted(call_at_once(app, sign_up, calls, processes=2)) == [False, False, False, True]
    assert (count(Company), count(Person), count(Membership), count(OutgoingMail)) == (1, 1, 1, 4)
