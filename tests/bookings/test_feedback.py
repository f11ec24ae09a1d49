"""After the visit: both sides asked once at a humane hour, reminded once, answering once; sums say nothing of one person."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from booking.accounts.models import ActionLink
from booking.bookings import services
from booking.bookings.feedback_results import feedback_of, of_company, summed
from booking.bookings.jobs import ask_for_feedback
from booking.bookings.models import Booking, Feedback
from booking.bookings.rules.day import Counts, DayOf, Outcome
from booking.bookings.rules.feedback import (
    FeedbackGiven,
    Hands,
    TooManyHands,
    average,
    check_hands,
    may_ask,
    may_remind,
)
from booking.bookings.rules.states import Actor, NotPossibleNow, State
from booking.bookings.services import Opinion
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.mail.models import OutgoingMail
from tests import make
from tests.bookings.test_mails import assert_reads_well, deliver
from tests.bookings.test_teacher_views import words_of
from tests.sign_in import signed_in

TUESDAY = DayOf(date(2027, 1, 12), date(2027, 1, 12), "Europe/Paris")
NEXT_MORNING = datetime(2027, 1, 13, 8, 30, tzinfo=UTC)


def never_off(_day: date) -> bool:
    return False


def week_end(day: date) -> bool:
    return day.weekday() >= 5


# ---- Rules


@pytest.mark.parametrize(
    ("moment", "asked"),
    [
        (datetime(2027, 1, 12, 15, 0, tzinfo=UTC), False),
        (datetime(2027, 1, 13, 5, 0, tzinfo=UTC), False),
        (datetime(2027, 1, 13, 7, 59, tzinfo=UTC), False),
        (datetime(2027, 1, 13, 8, 0, tzinfo=UTC), True),
        (datetime(2027, 1, 13, 17, 0, tzinfo=UTC), False),
        (datetime(2027, 1, 16, 9, 0, tzinfo=UTC), False),
    ],
)
def test_one_is_asked_on_an_open_day_after_the_visit_between_nine_and_six(moment, asked):
    assert may_ask(moment, TUESDAY, week_end) is asked


def test_the_reminder_comes_five_open_days_after_the_question():
    asked_at = datetime(2027, 1, 13, 8, 30, tzinfo=UTC)
    assert not may_remind(datetime(2027, 1, 19, 9, tzinfo=UTC), asked_at, "Europe/Paris", week_end)
    assert may_remind(datetime(2027, 1, 20, 9, tzinfo=UTC), asked_at, "Europe/Paris", week_end)


@pytest.mark.parametrize(
    ("hands", "girls", "field"),
    [
        (Hands(after_girls=13), 12, "after_girls"),
        (Hands(after_boys=15), 12, "after_boys"),
        (Hands(before_girls=20, before_boys=7), None, "before_boys"),
        (Hands(before_girls=27), None, "before_girls"),
    ],
)
def test_no_more_hands_are_raised_than_pupils_came(hands, girls, field):
    with pytest.raises(TooManyHands) as refusal:
        check_hands(hands, 26, girls)
    assert refusal.value.field == field


def test_hands_within_those_who_came_are_taken_and_so_is_no_hand_at_all():
    check_hands(Hands(5, 6, 12, 14), 26, 12)
    check_hands(Hands(after_girls=26), 26, None)
    check_hands(Hands(), None, None)


def test_an_average_needs_five_answers():
    assert average([5, 4, 4, 5]) is None
    assert average([5, 4, 4, 5, 4]) == 4.4
    assert average([5], fewest=1) == 5
    assert average([], fewest=1) is None


# ---- Services


@pytest.fixture
def host(app, now):
    return make.make_host()


@pytest.fixture
def booking(host, set_now):
    """A visit of Tuesday 12 January 2027 to which 26 pupils came, 12 of them girls; it is the next morning."""
    slot = make.make_slot(make.make_activity(make.make_site(host.memberships[0].company), host))
    school_class = make.make_class()
    with transaction():
        made = services.request_places(slot.id, school_class.id, db.session.get(make.Person, school_class.owner_id))
    set_now(slot.ends_at)
    came(made, 26, 12)
    set_now(NEXT_MORNING)
    deliver()
    return made


def came(booking, pupils, girls, **more):
    booking_id = booking.id
    with transaction():
        outcome = Outcome(State.ATTENDED, Counts(pupils, 3, girls))
        services.record_visit(booking_id, Actor.HOST, None, outcome, key=f"k{pupils}", **more)


def give(booking, side=Actor.TEACHER, **values):
    booking_id = booking.id
    with transaction():
        return services.give_feedback(booking_id, side, None, Opinion(**{"rating": 5, "again": True, **values}))


def questions() -> list[OutgoingMail]:
    return list(db.session.scalars(select(OutgoingMail).where(OutgoingMail.kind == "feedback-asked")))


@pytest.mark.usefixtures("both_databases")
def test_both_sides_are_asked_once_then_reminded_once(booking, host, set_now):
    assert ask_for_feedback() == 2
    assert {mail.recipient for mail in questions()} == {host.email, booking.teacher.email}
    assert ask_for_feedback() == 0
    give(booking)
    set_now(NEXT_MORNING + timedelta(days=7))
    assert ask_for_feedback() == 1
    assert [mail.recipient for mail in questions()].count(host.email) == 2
    set_now(NEXT_MORNING + timedelta(days=21))
    assert ask_for_feedback() == 0
    assert violations() == []


@pytest.mark.usefixtures("both_databases")
def test_an_answer_is_given_once_and_only_about_a_visit_that_took_place(booking):
    give(booking, worked=("people", "practice"), hands=Hands(4, 5, 7, 8), comment="Très vivant.")
    kept = feedback_of(booking.id, Actor.TEACHER)
    assert (kept.rating, kept.again, kept.worked, kept.after_girls) == (5, True, ["people", "practice"], 7)
    with pytest.raises(FeedbackGiven):
        give(booking, rating=1)
    with pytest.raises(TooManyHands):
        give(booking, Actor.HOST, hands=Hands(after_girls=20))
    assert violations() == []
    other = make.make_booking()
    with pytest.raises(NotPossibleNow):
        give(other)


def test_hands_that_a_corrected_count_makes_impossible_are_taken_away(booking):
    give(booking, hands=Hands(after_girls=12, after_boys=14))
    came(booking, 20, 10, seen_id=booking.standing_record.id)
    assert feedback_of(booking.id, Actor.TEACHER).after_girls is None
    assert violations() == []


def test_a_visit_of_three_months_ago_is_not_asked_about(booking, set_now):
    set_now(NEXT_MORNING + timedelta(days=90))
    assert ask_for_feedback() == 0


def test_whoever_wants_no_reminder_gets_none(booking, host, set_now):
    ask_for_feedback()
    with transaction():
        db.session.execute(update(make.Person).values(wants_reminders=False))
    set_now(NEXT_MORNING + timedelta(days=7))
    ask_for_feedback()
    assert len(questions()) == 2


def test_the_check_finds_hands_that_nobody_can_have_raised(booking):
    give(booking)
    with transaction():
        db.session.execute(update(Feedback).values(after_girls=20))
    assert {violation.code for violation in violations()} == {"feedback-hands"}


def test_the_database_refuses_a_sixth_star(booking):
    give(booking)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(Feedback).values(rating=6))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_question_and_its_reminder_read_well(booking, set_now, language):
    with transaction():
        db.session.execute(update(make.Person).values(language=language))
    ask_for_feedback()
    set_now(NEXT_MORNING + timedelta(days=7))
    ask_for_feedback()
    letters = deliver()
    assert len(letters) == 4
    for letter in letters:
        assert_reads_well(letter, language)
        assert "/a/" in letter.text


# ---- Pages


@pytest.fixture
def path(booking):
    """The link of the teacher's mail."""
    ask_for_feedback()
    return next(mail.payload["path"] for mail in questions() if mail.payload["side"] == "teacher")


ANSWER = {"rating": "4", "again": "yes", "worked": ["people"], "comment": "Merci à toute l’équipe.", "after_girls": "7"}


def test_feedback_is_given_by_link_without_an_account_and_opening_it_gives_nothing(client, path, booking):
    client.get(path, query_string=ANSWER)
    assert feedback_of(booking.id, Actor.TEACHER).answered_at is None
    text = client.get(path).text
    assert "Ne nommez aucun élève" in text and "Te verrais-tu travailler ici" in text
    client.post(path, data=ANSWER)
    words = words_of(client.get(path).text)
    assert "Votre avis est enregistré" in words and "4 sur 5" in words and "la rencontre de gens de métier" in words
    client.post(path, data={**ANSWER, "rating": "1"})
    assert feedback_of(booking.id, Actor.TEACHER).rating == 4
    assert db.session.scalar(select(ActionLink.purpose).where(ActionLink.purpose == "feedback")) == "feedback"


def test_a_slip_keeps_what_was_typed(client, path, booking):
    text = client.post(path, data={"rating": "9", "comment": "Gardé", "after_girls": "26"}).text
    assert "Choisissez une note de 1 à 5." in text and "Répondez par oui ou par non." in text
    assert "Gardé" in text and 'value="26"' in text
    text = client.post(path, data={**ANSWER, "after_girls": "13"}).text
    assert "Il n’y avait que 12 élèves pour lever la main." in text


def test_each_side_reads_the_other_once_it_has_spoken(client, booking, host):
    give(booking, comment="Des questions précises.")
    page = signed_in(client, host)
    address = f"/company/{booking.slot.activity.company_id}/bookings/{booking.id}/feedback"
    assert "Des questions précises." not in page.get(address).text
    page.post(address, data={"rating": "5", "again": "yes", "prepared": "yes", "comment": "Classe curieuse."})
    assert "Des questions précises." in page.get(address).text
    results = words_of(page.get(f"/company/{booking.slot.activity.company_id}/feedback").text)
    assert "Note moyenne 5 sur 5" in results and "Des questions précises." in results


def test_somebody_elses_visit_is_a_404(client, booking):
    company_id = booking.slot.activity.company_id
    stranger = signed_in(client, make.make_teacher())
    assert stranger.get(f"/teacher/bookings/{booking.id}/feedback").status_code == 404
    assert stranger.get(f"/company/{company_id}/feedback").status_code == 404
    other = make.make_host()
    assert signed_in(client, other).get(
        f"/company/{other.memberships[0].company_id}/bookings/{booking.id}/feedback"
    ).status_code == 404  # fmt: skip


def test_the_territory_sees_an_average_from_five_answers_on_and_never_a_name(client, booking):
    give(booking, comment="Très vivant.", worked=("people",))
    officer = make.make_officer()
    page = signed_in(client, officer)
    address = f"/territory/{officer.memberships[0].id}/feedback?edition=2027"
    words = words_of(page.get(address).text)
    assert "Réponses 1" in words and "Note moyenne" not in words and "la rencontre de gens de métier" not in words
    assert "Très vivant." in words and booking.teacher.name not in words
    for _ in range(4):
        with transaction():
            other = make_attended()
            db.session.add(
                Feedback(booking_id=other, side=Actor.TEACHER, rating=4, again=True, answered_at=NEXT_MORNING)
            )
    assert "Note moyenne 4,2 sur 5" in words_of(page.get(address).text)
    elsewhere = make.make_officer(scope_code="99")
    words = words_of(
        signed_in(client, elsewhere).get(f"/territory/{elsewhere.memberships[0].id}/feedback?edition=2027").text
    )
    assert "Personne n’a encore répondu" in words and "Très vivant." not in words


def make_attended() -> int:
    booking = Booking(**{
        column.name: getattr(template, column.name) for template in [db.session.scalars(select(Booking)).first()]
        for column in Booking.__table__.columns if column.name not in ("id", "idempotency_key")
    })  # fmt: skip
    db.session.add(booking)
    db.session.flush()
    return booking.id


def test_sums_compare_hands_only_where_the_same_class_counted_both():
    rows = [
        Feedback(rating=5, again=True, worked=["people"], before_girls=2, before_boys=3, after_girls=5, after_boys=6),
        Feedback(rating=4, again=False, worked=["people", "lesson"], after_girls=9, after_boys=9),
    ]
    found = summed(rows, fewest=1)
    assert found.hands == Hands(2, 3, 5, 6)
    assert (found.mean, found.again) == (4.5, 1)
    assert [count for _words, count in found.worked] == [2, 1]
    assert summed(rows).hands is None and summed(rows).worked == []


def test_the_public_never_reads_an_opinion(client, booking):
    give(booking, comment="Très vivant.")
    activity_page = re.search(r'href="(/programme/[^"?]+)', client.get("/programme").text)
    assert activity_page and "Très vivant." not in client.get(activity_page.group(1)).text
    assert of_company(booking.slot.activity.company_id)[0][1].answers == 1
