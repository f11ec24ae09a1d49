"""The starting line of the race tests itself."""

import os

import pytest

from booking.core.db import db, transaction
from booking.territory.models import Academie
from tests.processes import call_at_once


def add_academie(code: str) -> dict:
    with transaction():
        db.session.add(Academie(code=code, name=code, slug=code, region_academique="", holiday_zone="C"))
    return {"code": code, "process": os.getpid()}


def test_calls_are_made_in_several_processes_on_the_database_of_the_test(app, both_shared_databases):
    codes = [f"{number:02d}" for number in range(8)]
    answers = call_at_once(app, add_academie, [{"code": code} for code in codes], processes=2)
    assert [answer["code"] for answer in answers] == codes
    assert len({answer["process"] for answer in answers} - {os.getpid()}) == 2
    assert sorted(db.session.scalars(db.select(Academie.code))) == codes


def test_a_call_that_fails_fails_the_test_with_its_traceback(app, sqlite_file):
    with pytest.raises(AssertionError, match="UNIQUE constraint failed"):
        call_at_once(app, add_academie, [{"code": "01"}, {"code": "01"}], processes=2)
