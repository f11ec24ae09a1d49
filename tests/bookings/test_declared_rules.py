"""One visit or two: the class, the firm and the day, as people write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from booking.bookings.declared.rules import (
    ComeWithoutPupils,
    NoEditionThatDay,
    NotYetCome,
    Span,
    Visit,
    alike,
    check_presence,
    class_key,
    edition_of,
    firm_key,
    is_same,
)

DAY = date(2027, 1, 12)
VISIT = Visit(1, "4E", "4e B", 7, "Turbines du Hurepoix", DAY)


@pytest.mark.parametrize("name", ["4e B", "4eB", "4ème B", "4B", "4 b", " 4E  b "])
def test_a_class_is_itself_however_it_is_written(name):
    assert class_key(name) == class_key("4e B")


@pytest.mark.parametrize(
    ("one", "other"), [("4e B", "4e C"), ("4e B", "3e B"), ("2nde 3", "2nde 4"), ("Ulis", "Segpa")]
)
def test_two_classes_stay_two(one, other):
    assert class_key(one) != class_key(other)


@pytest.mark.parametrize(
    "name", ["Les Turbines du Hurepoix", "TURBINES DU HUREPOIX SAS", "Turbines du Hurepoix S.A.S."]
)
def test_a_firm_is_itself_with_or_without_its_legal_form(name):
    assert firm_key(name) == firm_key("Turbines du Hurepoix")


def test_a_firm_called_by_a_legal_form_alone_keeps_it():
    assert firm_key("SA") == "sa"
    assert firm_key("Thales") != firm_key("Safran")


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ({}, True),
        ({"class_name": "4ème B"}, True),
        # Whoever told it by telephone did not say which class of the level.
        ({"class_name": ""}, True),
        ({"class_name": "4e C"}, False),
        ({"level_code": "3E"}, False),
        ({"day": date(2027, 1, 13)}, False),
        ({"school_id": 2}, False),
        ({"company_id": 8}, False),
        ({"company_id": None, "firm": "turbines du hurepoix"}, True),
        ({"company_id": None, "firm": "Fonderie de l’Orge"}, False),
    ],
)
def test_the_same_class_firm_and_day_is_the_same_visit(other, same):
    found = replace(VISIT, **other)
    assert is_same(VISIT, found) is is_same(found, VISIT) is same


def test_a_declaration_is_not_compared_with_itself():
    mine = replace(VISIT, declared_id=3)
    booking = replace(VISIT, booking_id=9)
    assert alike(mine, [mine, booking, replace(mine, declared_id=4)]) == [booking, replace(mine, declared_id=4)]


def test_the_shortest_edition_that_holds_the_day_wins_and_the_permanent_one_comes_last():
    year = Span(1, date(2020, 1, 1), date(2040, 1, 1), True)
    campaign = Span(2, date(2026, 9, 1), date(2027, 7, 2), False)
    week = Span(3, date(2027, 1, 1), date(2027, 1, 31), False)
    assert edition_of(DAY, [year, campaign, week]) == 3
    assert edition_of(date(2026, 10, 1), [year, campaign, week]) == 2
    assert edition_of(date(2030, 10, 1), [year, campaign, week]) == 1
    with pytest.raises(NoEditionThatDay):
        edition_of(date(2030, 10, 1), [campaign, week])


def test_nobody_has_come_before_the_day_nor_adults_alone():
    check_presence(DAY, DAY, 25, 2)
    check_presence(DAY, date(2026, 1, 1), None, None)
    with pytest.raises(NotYetCome):
        check_presence(DAY, date(2027, 1, 11), 25, None)
    with pytest.raises(ComeWithoutPupils):
        check_presence(DAY, DAY, None, 2)
