"""What the mails of the waiting list say to the teacher who reads them."""

from __future__ import annotations

import pytest

from booking.bookings import jobs, services
from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, CancelReason
from booking.core.db import db, transaction
from tests import make
from tests.bookings.test_mails import Letter, assert_reads_well, deliver

pytestmark = pytest.mark.usefixtures("app", "now")


def a_class(pupils: int = 27):
    return make.make_class(school=make.make_school(), pupils=pupils)


def join(slot, school_class) -> Booking:
    with transaction():
        return services.join_line([slot.id], school_class.id, db.session.get(make.Person, school_class.owner_id))[0]


@pytest.fixture
def taken(app) -> Booking:
    """The booking that fills a slot."""
    slot, school_class = make.make_slot(), a_class(30)
    person = db.session.get(make.Person, school_class.owner_id)
    with transaction():
        return services.request_places(slot.id, school_class.id, person)


def free(booking) -> None:
    with transaction():
        services.cancel_booking(booking.id, booking.teacher, Actor.HOST, reason=CancelReason.NO_GUIDE)
    jobs.promote_lines()


def letter(booking: Booking, kind: str) -> Letter:
    [found] = [each for each in deliver() if each.kind == kind and each.to == booking.teacher.email]
    assert_reads_well(found, "fr")
    return found


def said(letter: Letter) -> str:
    return letter.flat.replace("\u00a0", " ")


def test_whoever_joins_reads_where_the_class_stands_until_when_and_how_long_an_offer_stands(taken):
    join(taken.slot, a_class(31))
    text = said(letter(join(taken.slot, a_class()), "waitlist-joined"))
    assert "Vous êtes deuxième ; la classe devant vous demande 31 places." in text
    assert "La liste ferme le samedi 9 janvier 2027, 9 h, avec les réservations." in text
    assert "gardées pour vous 3 jours d’école" in text
    assert "quitter la liste à tout moment" in text


def test_an_offer_says_until_when_and_what_happens_otherwise(taken):
    booking = join(taken.slot, a_class())
    free(taken)
    text = said(letter(booking, "waitlist-offered"))
    assert "Acceptez la place avant le vendredi 27 novembre 2026, 18 h" in text
    assert "elle est proposée à la classe suivante" in text
    assert "Accepter ou refuser la place" in text


def test_an_offer_not_accepted_in_time_is_not_told_as_a_lack_of_places(taken, set_now):
    booking = join(taken.slot, a_class())
    free(taken)
    set_now(booking.deadline_at)
    jobs.expire_bookings()
    text = said(letter(booking, "waitlist-closed"))
    assert "n’a pas été acceptée à temps" in text
    assert "pas eu de place" not in text


def test_a_list_that_closes_says_that_there_was_no_place_not_that_nobody_answered(taken, set_now):
    booking = join(taken.slot, a_class())
    set_now(taken.slot.closes_at)
    jobs.expire_bookings()
    text = said(letter(booking, "waitlist-closed"))
    assert "Il n’y a pas eu de place" in text
    assert "Les réservations de ce créneau sont closes." in text
    assert "sans réponse" not in text
