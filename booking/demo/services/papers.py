"""The papers of the demo's teacher: the file of the first visit to come is begun, its convention made."""

from __future__ import annotations

from booking.accounts.models import Person
from booking.bookings.papers import services
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.queries import bookings_of_teacher
from booking.bookings.rules.states import State
from booking.core import clock
from booking.core.db import db
from booking.demo.services.people import Cast

TYPED = {
    "transport": "Car réservé et payé par le collège",
    "meals": "La classe déjeune au collège",
    "insurance_school": "Contrat d’établissement, attestation jointe",
}


def make_papers(cast: Cast) -> None:
    """Type what the school knows and make the convention of the first firm visit, if there is one."""
    teacher = db.session.get_one(Person, next(iter(cast.own.values())).owner_id)
    for booking in bookings_of_teacher(teacher):
        is_visit = not booking.slot.activity.comes_to_class
        if booking.state is State.CONFIRMED and is_visit and booking.slot.starts_at > clock.now():
            services.save_file(booking.id, TYPED, teacher)
            services.make_paper(booking.id, PaperKind.CONVENTION, teacher)
            return
