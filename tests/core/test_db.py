import pytest

from booking.accounts.models import Person
from booking.core import clock
from booking.core.db import db, transaction
from tests import make


def test_a_transaction_commits_or_leaves_nothing(app, both_databases):
    with transaction():
        db.session.add(Person(email="a@example.org", created_at=clock.now()))
    with pytest.raises(ZeroDivisionError), transaction():
        db.session.add(Person(email="b@example.org", created_at=clock.now()))
        db.session.flush()
        1 / 0  # noqa: B018
    assert [p.email for p in db.session.scalars(db.select(Person))] == ["a@example.org"]


def test_the_little_cast_can_be_made(app, both_databases):
    slot = make.make_slot()
    school_class = make.make_class()
    assert slot.free_pupils == 32
    assert school_class.school.departement.academie.name == "Versailles"
