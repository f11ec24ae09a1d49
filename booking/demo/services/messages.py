"""What the demo's people wrote to each other: a message on a visit to come, a question that waits, one answered for all."""

from __future__ import annotations

from sqlalchemy import select

from booking.bookings.models import Booking
from booking.bookings.rules.states import Actor, State
from booking.catalogue.models import PublicationState, Slot
from booking.companies.models import Trust
from booking.core import clock
from booking.core.db import db
from booking.demo.services.people import Cast
from booking.messages import services

ARRIVAL = (
    "Le jour de la visite, entrez par la porte B, au fond du parking. Le gardien a la liste de vos accompagnateurs."
)
THANKS = "Merci, c’est noté. Le car nous dépose devant la porte B."
WAITING = "Les élèves doivent-ils apporter une blouse ?"
ANSWERED = "Nous sommes à Brunoy : peut-on venir en train, ou faut-il un car ?"
ANSWER = "En train, puis en bus : comptez dix minutes à pied depuis l’arrêt. Un car se gare aussi devant la porte B."
PUBLIC = "Peut-on venir en train, ou faut-il un car ?"


def make_messages(cast: Cast) -> None:
    """Through the same doors as anybody's, so that the mails are in the outbox too."""
    booking = _next_visit(cast)
    if booking is None:
        return
    host, teacher = booking.slot.activity.contact, booking.teacher
    services.write_on_booking(booking.id, host, Actor.HOST, ARRIVAL, "demo-arrival")
    services.write_on_booking(booking.id, teacher, Actor.TEACHER, THANKS, "demo-thanks")
    services.write_on_booking(booking.id, host, Actor.HOST, "À bientôt !", "demo-soon")
    public = booking.slot.activity.company.trust is Trust.TRUSTED
    if public and booking.slot.activity.state is PublicationState.PUBLISHED:
        answered = services.ask(booking.slot.activity_id, teacher, booking.school, ANSWERED, "demo-answered")
        services.write_on_question(answered.id, host, Actor.HOST, ANSWER, "demo-answer")
        services.publish_answer(answered.id, PUBLIC, ANSWER)
        services.ask(booking.slot.activity_id, teacher, booking.school, WAITING, "demo-waiting")


def _next_visit(cast: Cast) -> Booking | None:
    """The next firm visit of the demo's teacher, or of anybody."""
    query = (
        select(Booking)
        .join(Booking.slot)
        .where(Booking.state == State.CONFIRMED, Slot.starts_at > clock.now())
        .order_by(Booking.teacher_id != cast.teacher.id, Slot.starts_at, Booking.id)
    )
    return db.session.scalars(query.limit(1)).first()
