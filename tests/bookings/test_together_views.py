"""Several classes at once, a colleague's class, options that stand or fall together."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from booking.bookings import queries, services
from booking.bookings.models import Booking
from booking.bookings.queries import Choice
from booking.bookings.rules.states import Actor, LinkRule, State
from booking.bookings.services.answers import OptionLapsed
from booking.catalogue.models import ActivityKind, ConfirmationMode
from booking.core.db import db, transaction
from tests import make
from tests.sign_in import signed_in

pytestmark = pytest.mark.usefixtures("now")


@pytest.fixture
def school(app):
    return make.make_school()


@pytest.fixture
def teacher(school):
    return make.make_teacher(school)


@pytest.fixture
def page(client, teacher):
    return signed_in(client, teacher)


@pytest.fixture
def two(teacher):
    """Two classes of the teacher: 27 pupils each."""
    return make.make_class(teacher), make.make_class(teacher, name="3e A", level_code="3E")


@pytest.fixture
def wide(app):
    """A slot for two classes."""
    return make.make_slot(max_classes=2, max_pupils=60)


def words_of(text: str) -> str:
    without_tags = re.sub(r"<[^>]+>", " ", text.split("<main", 1)[-1])
    return " ".join(html.unescape(without_tags).replace("\u00a0", " ").split())


def path_of(slot) -> str:
    return f"/teacher/slots/{slot.id}/book-together"


def chosen(*pairs, **more) -> dict:
    """What the form sends for these classes, each on its slot."""
    typed = {f"slot_{school_class.id}": slot.id for school_class, slot in pairs}
    return {"rule": "both_or_neither", "key": "abc", **typed, **more}


def bookings() -> list[Booking]:
    return list(
        db.session.scalars(select(Booking).order_by(Booking.id).execution_options(populate_existing=True))
    )  # fmt: skip


# ---- The form


def test_two_classes_come_together_on_one_slot(page, two, wide):
    answer = page.post(path_of(wide), data=chosen((two[0], wide), (two[1], wide)), follow_redirects=True)

    words = words_of(answer.text)
    assert "C’est réservé, ensemble : 4e B, 3e A" in words
    assert "Réservée avec 3e A" in words
    assert "Toutes ou aucune : si l’une de ces réservations est refusée, annulée ou expire" in words
    one, other = bookings()
    assert one.group_id == other.group_id is not None
    assert {one.state, other.state} == {State.CONFIRMED}


def test_each_class_may_have_its_own_slot_of_the_day(page, two):
    activity = make.make_activity()
    early, late = make.make_slot(activity), make.make_slot(activity, datetime(2027, 1, 12, 14))
    other_day = make.make_slot(activity, datetime(2027, 1, 13, 9))
    text = page.get(path_of(early)).text
    assert f'value="{late.id}"' in text
    assert f'<option value="{other_day.id}"' not in text
    page.post(path_of(early), data=chosen((two[0], early), (two[1], late)))
    assert [booking.slot_id for booking in bookings()] == [early.id, late.id]
    refused = page.post(path_of(early), data=chosen((two[0], early), (two[1], other_day), key="def"))
    assert "Choisissez une ligne de la liste" in refused.text


def test_the_rule_to_ask_leaves_the_others_and_asks_on_their_page(page, two, wide):
    page.post(path_of(wide), data=chosen((two[0], wide), (two[1], wide), rule="ask"))
    one, other = bookings()
    assert one.group.rule is LinkRule.ASK
    assert "Chacune suit son cours" in words_of(page.get(f"/teacher/bookings/{other.id}").text)

    page.post(f"/teacher/bookings/{one.id}/cancellation", data={"reason": "transport"})
    words = words_of(page.get(f"/teacher/bookings/{other.id}").text)
    assert "La réservation de la 4e B, faite avec celle-ci, n’a pas abouti. Celle-ci reste" in words
    assert bookings()[1].state is State.CONFIRMED


def test_cancelling_one_of_two_linked_cancels_both_and_says_so_before(page, two, wide):
    page.post(path_of(wide), data=chosen((two[0], wide), (two[1], wide)))
    one, other = bookings()
    assert "l’annuler les annule aussi" in words_of(page.get(f"/teacher/bookings/{one.id}/cancellation").text)
    page.post(f"/teacher/bookings/{one.id}/cancellation", data={"reason": "transport"})
    assert {booking.state for booking in bookings()} == {State.CANCELLED}
    assert "annulée" in words_of(page.get(f"/teacher/bookings/{other.id}").text)


def test_when_both_do_not_fit_none_is_booked_and_the_obstacle_stands_beside_its_class(page, two):
    slot = make.make_slot(max_classes=2, max_pupils=40)
    words = words_of(page.get(path_of(slot)).text)
    assert "Il reste" not in words

    answer = page.post(path_of(slot), data=chosen((two[0], slot), (two[1], slot)))
    words = words_of(answer.text)
    assert bookings() == []
    assert "Ces classes ne peuvent pas venir ensemble ainsi" in words
    first, second = words.split("3e A – 27 élèves")
    assert "Il reste 13 places pour 27 élèves" in second
    assert "Il reste 13 places" not in first


def test_one_class_alone_is_not_several(page, two, wide):
    answer = page.post(path_of(wide), data=chosen((two[0], wide)))
    assert "Choisissez deux classes au moins" in words_of(answer.text)
    assert bookings() == []


def test_a_second_click_books_nothing_more(page, two, wide):
    typed = chosen((two[0], wide), (two[1], wide))
    first = page.post(path_of(wide), data=typed)
    assert page.post(path_of(wide), data=typed).location == first.location
    assert len(bookings()) == 2


@pytest.mark.parametrize(
    "more",
    [{"rule": "maybe"}, {"rule": ""}, {"message": "x" * 1001}, {"adults": "99"}, {"adults": "x"}, {"slot": "x"}],
)
def test_absurd_values_get_a_sentence_and_book_nothing(page, two, wide, more):
    renamed = {f"{name}_{two[0].id}" if name in ("adults", "slot") else name: value for name, value in more.items()}
    answer = page.post(path_of(wide), data={**chosen((two[0], wide), (two[1], wide)), **renamed})
    assert answer.status_code == 200
    assert "Il reste quelque chose à corriger" in answer.text
    assert bookings() == []


def test_a_long_key_is_replaced(page, two, wide):
    page.post(path_of(wide), data=chosen((two[0], wide), (two[1], wide), key="k" * 80))
    assert len(bookings()) == 2
    assert all(len(booking.idempotency_key) < 80 for booking in bookings())


def test_adults_may_differ_for_this_visit(page, two, wide):
    page.post(path_of(wide), data=chosen((two[0], wide), (two[1], wide), **{f"adults_{two[1].id}": "5"}))
    assert [booking.adults for booking in bookings()] == [3, 5]


def test_another_schools_class_is_not_among_them(page, two, wide):
    foreign = make.make_class(name="Classe lointaine")
    assert "Classe lointaine" not in page.get(path_of(wide)).text
    answer = page.post(path_of(wide), data=chosen((two[0], wide), (foreign, wide)))
    assert "Choisissez deux classes au moins" in words_of(answer.text)
    assert bookings() == []


def test_with_fewer_than_two_classes_the_page_says_what_to_do(page, wide):
    assert "Il faut deux classes enregistrées" in words_of(page.get(path_of(wide)).text)


def test_a_visit_for_staff_or_an_unknown_slot_has_no_such_page(page):
    staff = make.make_slot(make.make_activity(kind=ActivityKind.TEACHERS_VISIT, levels=()))
    assert page.get(path_of(staff)).status_code == 404
    assert page.get("/teacher/slots/999/book-together").status_code == 404


def test_the_booking_page_leads_there_with_the_class_chosen(page, two, wide):
    link = f'href="{path_of(wide)}?class_id={two[1].id}"'
    assert link in page.get(f"/teacher/slots/{wide.id}/book?class_id={two[1].id}").text
    text = page.get(f"{path_of(wide)}?class_id={two[1].id}").text
    assert re.search(rf'name="slot_{two[1].id}"><option value="">.*?<option selected value="{wide.id}">', text, re.S)


def test_the_schools_share_is_counted_for_all_of_them(teacher, two, wide):
    wide.activity.edition.bookings_per_school = 1
    db.session.commit()
    answers = queries.explain_together([Choice(wide, two[0]), Choice(wide, two[1])])
    assert [stop.code for stop in answers[two[0].id].stops] == []
    assert [stop.code for stop in answers[two[1].id].stops] == ["school_cap"]


def test_a_workshop_taken_by_one_school_is_not_for_anothers_class(app):
    one, other = make.make_class(), make.make_class(name="Ailleurs")
    slot = make.make_slot(make.make_activity(kind=ActivityKind.CLASSROOM_WORKSHOP), max_classes=2, max_pupils=60)
    answers = queries.explain_together([Choice(slot, one), Choice(slot, other)])
    assert [stop.code for stop in answers[other.id].stops] == ["other_school"]


# ---- A colleague's class


def test_booking_for_a_colleague_says_who_gets_the_invitation(page, school, wide):
    theirs = make.make_class(
        make.make_teacher(school, first_name="Paul", last_name="Martin"), name="3e A", level_code="3E"
    )
    words = words_of(page.get(f"/teacher/slots/{wide.id}/book?class_id={theirs.id}").text)
    assert "Pour Paul Martin : c’est elle ou lui que l’entreprise attend et qui reçoit l’invitation" in words
    page.post(f"/teacher/slots/{wide.id}/book", data={"class_id": theirs.id, "adults": "3"})
    (booking,) = bookings()
    assert "Pour Paul Martin" in words_of(page.get(f"/teacher/bookings/{booking.id}").text)


def test_a_colleague_sees_the_linked_class_without_a_link_to_anothers_booking(client, school, teacher, wide):
    paul = make.make_teacher(school, first_name="Paul", last_name="Martin")
    mine, theirs = make.make_class(teacher), make.make_class(paul, name="3e A", level_code="3E")
    with transaction():
        services.request_together([services.Wish(wide.id, mine.id), services.Wish(wide.id, theirs.id)], teacher)
    ours = next(booking for booking in bookings() if booking.teacher_id == paul.id)
    other = next(booking for booking in bookings() if booking.teacher_id != paul.id)
    text = signed_in(client, paul).get(f"/teacher/bookings/{ours.id}").text
    assert "<strong>4e B</strong>" in text
    assert f'href="/teacher/bookings/{other.id}"' not in text


# ---- Options


def test_options_that_stand_or_fall_together_become_bookings_together(page, two, wide):
    answer = page.post(
        path_of(wide), data=chosen((two[0], wide), (two[1], wide), as_option="yes"), follow_redirects=True
    )
    words = words_of(answer.text)
    assert "Les places sont gardées, ensemble" in words
    assert "Transformer les options en réservations" in words
    assert "Confirmez l’option avant le" in words
    page.post(f"/teacher/bookings/{bookings()[1].id}/confirmation")
    assert {booking.state for booking in bookings()} == {State.CONFIRMED}


def linked_options(teacher, classes, slot, rule) -> list[Booking]:
    wishes = [services.Wish(slot.id, each.id) for each in classes]
    with transaction():
        return services.request_together(wishes, teacher, rule=rule, as_option=True)


def test_options_that_are_only_linked_by_a_question_are_turned_one_by_one(teacher, two, wide):
    one, other = linked_options(teacher, two, wide, LinkRule.ASK)
    with transaction():
        services.confirm_option(one.id, teacher)
    assert (one.state, other.state) == (State.CONFIRMED, State.HELD)


def test_when_one_of_two_tied_options_has_lapsed_none_is_confirmed(teacher, two, wide, set_now):
    one, other = linked_options(teacher, two, wide, LinkRule.BOTH_OR_NEITHER)
    other.deadline_at = make.NOW + timedelta(hours=1)
    db.session.commit()
    set_now(make.NOW + timedelta(hours=2))
    with pytest.raises(OptionLapsed), transaction():
        services.confirm_option(one.id, teacher)
    assert {booking.state for booking in bookings()} == {State.HELD}


def test_tied_options_ask_the_host_together_where_it_answers(both_databases, app):
    teacher = make.make_teacher()
    classes = [make.make_class(teacher), make.make_class(teacher, name="3e A", level_code="3E")]
    activity = make.make_activity(confirmation=ConfirmationMode.APPROVAL)
    slot = make.make_slot(activity, max_classes=2, max_pupils=60)
    one, other = linked_options(teacher, classes, slot, LinkRule.BOTH_OR_NEITHER)
    with transaction():
        services.confirm_option(one.id, teacher)
    assert {one.state, other.state} == {State.REQUESTED}
    with transaction():
        services.cancel_booking(one.id, teacher, Actor.TEACHER, reason="transport")
    assert {booking.state for booking in bookings()} == {State.CANCELLED}
    assert db.session.scalar(select(func.sum(type(slot).taken_classes))) == 0
