"""Who is told what of a booking, read in the messages that leave (specs/invitations §1 to §4 and §10)."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import html5lib
import pytest
from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings import mails
from booking.bookings.models import Booking
from booking.bookings.rules.states import TRANSITIONS, Actor, Answer, CancelReason, Event, Origin, State
from booking.calendars.downloads import download_response
from booking.calendars.models import CalendarObject, CalendarState, Side
from booking.catalogue.models import Activity, Slot
from booking.core.db import db, transaction
from booking.core.i18n import speaking
from booking.mail import outbox
from booking.mail.models import MailState, OutgoingMail
from booking.mail.rules import LEASE, Failure, Stage
from tests import make
from tests.calendars.readers import logical_lines, read_with_ical_js
from tests.conftest import NOW

AWKWARD_NAME = 'Dupont, Marie : "prof" ; CE2/CM1'
AWKWARD_TITLE = "Visite « é, ; \\ »\r\nBcc: x@y.example"


@dataclass
class Letter:
    """A message that left."""

    mail: OutgoingMail
    message: EmailMessage

    @property
    def kind(self) -> str:
        return str(self.message["X-Message-Kind"])

    @property
    def to(self) -> str:
        return self.message["To"].addresses[0].addr_spec

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def flat(self) -> str:
        """The text with its lines joined: where a line was cut does not matter."""
        return re.sub(r"\s*\n\s*", " ", self.text)

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()

    @property
    def calendar(self) -> bytes | None:
        parts = [part for part in self.message.walk() if part.get_content_type() == "text/calendar"]
        return parts[0].get_payload(decode=True) if parts else None

    @property
    def event(self) -> dict[str, Any]:
        found = read_with_ical_js(self.calendar)
        assert len(found["events"]) == 1
        return {**found["events"][0], "method": found["method"]}


def do(booking: Booking, event: Event, actor: Actor = Actor.TEACHER, *, new: bool = False, **more: Any) -> None:
    """A step of the booking's life as the services make it: state, revision, then the mails, in one transaction."""
    booking_id, state = booking.id, None if new else booking.state
    with transaction():
        row = db.session.get_one(Booking, booking_id, populate_existing=True)
        step = TRANSITIONS[(state, event)]
        row.state = step.to or row.state
        if not new:
            row.revision += 1
        db.session.flush()
        mails.tell(row, step, event=event, actor=actor, **more)


def confirm(booking: Booking) -> None:
    do(booking, Event.CONFIRM, new=True)


def move(booking: Booking, days: int = 0, hours: int = 0, *, note: str = "", clash: Any = None) -> None:
    """Move the booking's slot and tell its classes. clash: what the class already does then."""
    slot = booking.slot
    before = {"local_start": slot.local_start, "local_end": slot.local_end, "timezone": slot.timezone,
              "place": booking.place, "title": slot.activity.title}  # fmt: skip
    if clash:
        before["clash"] = clash
    shift = timedelta(days=days, hours=hours)
    with transaction():
        db.session.execute(
            update(Slot).where(Slot.id == booking.slot_id).values(
                local_start=slot.local_start + shift, local_end=slot.local_end + shift,
                starts_at=slot.starts_at + shift, ends_at=slot.ends_at + shift,
            )
        )  # fmt: skip
    do(booking, Event.SLOT_MOVED, Actor.HOST, before=before, note=note)


def reword(booking: Booking, title: str) -> None:
    before = {"title": booking.slot.activity.title}
    with transaction():
        db.session.execute(update(Activity).where(Activity.id == booking.slot.activity_id).values(title=title))
    do(booking, Event.SLOT_REWORDED, Actor.HOST, before=before)


def cancel(booking: Booking, actor: Actor = Actor.TEACHER, **more: Any) -> None:
    do(booking, Event.CANCEL, actor, **more)


def deliver() -> list[Letter]:
    """Everything that is due leaves; the messages in the order in which they left."""
    letters = []
    while parcel := outbox.claim():
        outbox.settle_sent(parcel)
        mail = db.session.get_one(OutgoingMail, parcel.id)
        letters.append(Letter(mail, email.message_from_bytes(parcel.body, policy=SMTP)))
    return letters


def to_teacher(letters: list[Letter], booking: Booking) -> list[Letter]:
    return [letter for letter in letters if letter.to == booking.teacher.email]


def states_of(booking: Booking) -> list[MailState]:
    query = select(OutgoingMail.state).where(OutgoingMail.booking_id == booking.id).order_by(OutgoingMail.created_at)
    return list(db.session.scalars(query))


@pytest.fixture
def booking(app, now) -> Booking:
    return make.make_booking()


# Confirmation, update, cancellation


def test_a_confirmed_booking_is_told_to_the_teacher_and_the_companys_contact_each_with_an_invitation(booking):
    confirm(booking)
    letters = deliver()
    assert {letter.to for letter in letters} == {booking.teacher.email, booking.slot.activity.contact.email}
    for letter in letters:
        event = letter.event
        assert (letter.kind, event["method"], event["sequence"], event["status"]) == (
            "booking-confirmed", "REQUEST", 0, "CONFIRMED",
        )  # fmt: skip
        assert [attendee["value"] for attendee in event["attendees"]] == [f"mailto:{letter.to}"]
        assert event["organizer"]["value"] == f"mailto:{letter.message['From'].addresses[0].addr_spec}"
        assert event["start"] == booking.slot.starts_at
        assert event["end"] == booking.slot.ends_at
        assert event["location"] == booking.place
        assert event["dtstamp"] <= letter.message["Date"].datetime
        assert letter.subject.startswith("Réservation confirmée\u00a0: mardi 12 janvier 2027, ")
    uids = [letter.event["uid"] for letter in letters]
    assert re.fullmatch(r"reservation-[0-9a-f-]{36}\.(classe|entreprise)@etabli\.example", uids[0])
    assert len(set(uids)) == 2


def test_confirm_correct_a_typo_move_by_a_day_cancel_counts_0_0_1_2(booking, set_now):
    steps = []
    for minute, act in enumerate((confirm, lambda b: reword(b, "Un autre titre"), lambda b: move(b, days=1), cancel)):
        set_now(NOW + timedelta(minutes=minute))
        act(booking)
        steps.append(to_teacher(deliver(), booking)[0])
    assert [step.kind for step in steps] == [
        "booking-confirmed",
        "booking-updated",
        "booking-updated",
        "booking-cancelled",
    ]
    events = [step.event for step in steps]
    assert [event["sequence"] for event in events] == [0, 0, 1, 2]
    assert [event["method"] for event in events] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert len({event["uid"] for event in events}) == 1
    stamps = [event["dtstamp"] for event in events]
    assert stamps == sorted(set(stamps))
    assert events[2]["start"] == events[0]["start"] + timedelta(days=1)
    assert (events[3]["start"], events[3]["location"]) == (events[2]["start"], events[2]["location"])
    assert events[3]["summary"].startswith("Annulé\u00a0: Un autre titre")
    assert events[3]["status"] == "CANCELLED"
    ids = [step.mail.message_id for step in steps]
    for number, step in enumerate(steps[1:], 1):
        assert step.message["In-Reply-To"] == ids[number - 1]
        assert step.message["References"].split() == ids[:number]


def test_revisions_made_in_one_second_still_differ(booking):
    confirm(booking)
    first = to_teacher(deliver(), booking)[0]
    move(booking, hours=1)
    second = to_teacher(deliver(), booking)[0]
    assert second.event["dtstamp"] == first.event["dtstamp"] + timedelta(seconds=1)


def test_an_update_says_the_old_and_the_new_value(booking):
    confirm(booking)
    deliver()
    move(booking, days=1)
    letter = to_teacher(deliver(), booking)[0]
    assert "avant mardi 12 janvier 2027 de 9\u00a0h\u00a000 à 11\u00a0h\u00a030" in letter.flat
    assert "maintenant mercredi 13 janvier 2027 de 9\u00a0h\u00a000 à 11\u00a0h\u00a030" in letter.flat
    assert "mardi 12 janvier" in letter.html
    assert "mercredi 13 janvier" in letter.html


def test_two_changes_before_the_first_mail_left_send_the_latest_state_once(booking):
    confirm(booking)
    deliver()
    move(booking, days=1)
    move(booking, days=1)
    [letter] = to_teacher(deliver(), booking)
    assert letter.event["sequence"] == 1
    assert letter.event["start"] == booking.slot.starts_at
    assert "avant mardi 12 janvier" in letter.flat
    assert "maintenant jeudi 14 janvier" in letter.flat
    assert "13 janvier" not in letter.flat


def test_a_change_that_is_taken_back_before_its_mail_left_is_not_told(booking):
    confirm(booking)
    deliver()
    move(booking, days=1)
    move(booking, days=-1)
    assert deliver() == []
    assert set(states_of(booking)) == {MailState.SENT, MailState.SUPERSEDED}


def test_a_move_before_the_confirmation_left_makes_one_confirmation_of_the_new_date(booking):
    confirm(booking)
    move(booking, days=1)
    letters = deliver()
    assert [letter.kind for letter in letters] == ["booking-confirmed"] * 2
    assert all(letter.event["sequence"] == 0 for letter in letters)
    assert "mercredi 13 janvier" in letters[0].subject
    assert "mardi 12" not in letters[0].flat


@pytest.mark.usefixtures("both_databases")
def test_a_cancellation_before_the_confirmation_left_sends_nothing(booking):
    confirm(booking)
    cancel(booking)
    assert deliver() == []
    assert set(states_of(booking)) == {MailState.SUPERSEDED}


@pytest.mark.usefixtures("both_databases")
def test_a_cancellation_after_an_uncertain_confirmation_sends_both_in_order(booking, set_now):
    confirm(booking)
    first = {parcel.id: parcel for parcel in (outbox.claim(), outbox.claim())}
    set_now(NOW + LEASE + timedelta(seconds=1))
    outbox.free_expired_leases()
    cancel(booking)
    letters = to_teacher(deliver(), booking)
    assert [letter.kind for letter in letters] == ["booking-confirmed", "booking-cancelled"]
    assert [letter.event["sequence"] for letter in letters] == [0, 1]
    assert letters[0].mail.body == first[letters[0].mail.id].body


@pytest.mark.usefixtures("both_databases")
def test_a_message_that_was_refused_for_now_does_not_count(booking):
    confirm(booking)
    for _ in range(2):
        outbox.settle_failed(outbox.claim(), Failure(Stage.RECIPIENT, 451, "later"))
    move(booking, days=1)
    letters = deliver()
    assert [letter.event["sequence"] for letter in letters] == [0, 0]
    assert all(letter.event["start"] == booking.slot.starts_at for letter in letters)


def test_a_message_whose_answer_was_lost_counts(booking, set_now):
    confirm(booking)
    for _ in range(2):
        outbox.settle_failed(outbox.claim(), Failure(Stage.AFTER_DATA, None, "lost"))
    move(booking, days=1)
    set_now(NOW + timedelta(minutes=2))
    letters = to_teacher(deliver(), booking)
    assert [letter.event["sequence"] for letter in letters] == [0, 1]


def test_wording_that_only_the_teacher_sees_is_told_to_the_teacher_alone(booking):
    confirm(booking)
    deliver()
    with transaction():
        db.session.execute(update(Activity).values(to_bring="Des chaussures fermées"))
    do(booking, Event.SLOT_REWORDED, Actor.HOST)
    [letter] = deliver()
    assert letter.to == booking.teacher.email
    assert letter.event["sequence"] == 0
    assert "Des chaussures fermées" in letter.event["description"]


def test_an_invitation_whose_event_has_begun_is_not_sent(booking, set_now):
    confirm(booking)
    set_now(booking.slot.starts_at)
    db.session.rollback()
    assert deliver() == []
    assert set(states_of(booking)) == {MailState.DEAD}


def test_a_change_told_twice_is_told_once(booking):
    confirm(booking)
    confirm(booking)
    assert len(deliver()) == 2


# Who


def test_a_booking_made_for_a_colleague_is_told_to_both(app, now):
    school = make.make_school()
    teacher, colleague = make.make_teacher(school), make.make_teacher(school)
    booking = make.make_booking(school_class=make.make_class(teacher, school), booked_by_id=colleague.id)
    confirm(booking)
    letters = deliver()
    assert {letter.to for letter in letters} == {
        teacher.email, colleague.email, booking.slot.activity.contact.email,
    }  # fmt: skip
    assert len({letter.event["uid"] for letter in letters}) == 3


def test_a_contact_who_is_replaced_loses_the_event_and_the_new_one_gets_another(booking):
    confirm(booking)
    old = next(letter for letter in deliver() if letter.to == booking.slot.activity.contact.email)
    newcomer = make.make_host(booking.slot.activity.company, first_name="Nadia")
    with transaction():
        db.session.execute(update(Activity).values(contact_id=newcomer.id))
    do(booking, Event.SLOT_REWORDED, Actor.HOST)
    letters = {letter.to: letter for letter in deliver()}
    assert letters[old.to].kind == "booking-cancelled"
    assert letters[old.to].event["method"] == "CANCEL"
    assert letters[old.to].event["uid"] == old.event["uid"]
    assert "reste maintenue" in letters[old.to].flat
    new = letters[newcomer.email].event
    assert (new["method"], new["sequence"]) == ("REQUEST", 0)
    assert new["uid"] != old.event["uid"]
    assert letters[booking.teacher.email].kind == "booking-updated"
    assert "Nadia Leroy" in letters[booking.teacher.email].flat


def test_a_contact_who_comes_back_gets_a_new_calendar_object(booking):
    confirm(booking)
    deliver()
    contact_id = booking.slot.activity.contact_id
    newcomer_id = make.make_host(booking.slot.activity.company).id
    for person_id in (newcomer_id, contact_id):
        with transaction():
            db.session.execute(update(Activity).values(contact_id=person_id))
        do(booking, Event.SLOT_REWORDED, Actor.HOST)
        deliver()
    query = select(CalendarObject).where(CalendarObject.person_id == contact_id)
    objects = db.session.scalars(query).all()
    assert sorted(found.state for found in objects) == [CalendarState.CANCELLED, CalendarState.LIVE]
    assert len({found.uid for found in objects}) == 2


def test_an_address_that_changed_gets_the_event_and_the_old_one_loses_it(booking):
    confirm(booking)
    deliver()
    old = booking.teacher.email
    with transaction():
        db.session.execute(update(Person).where(Person.id == booking.teacher_id).values(email="new@example.org"))
    move(booking, days=1)
    kinds = {letter.to: (letter.kind, letter.event["method"]) for letter in deliver()}
    assert kinds[old] == ("booking-cancelled", "CANCEL")
    assert kinds["new@example.org"][1] == "REQUEST"


def test_who_got_no_invitation_gets_no_cancel_but_the_news(booking):
    cancel(booking, Actor.HOST, reason="production")
    letters = deliver()
    assert [letter.kind for letter in letters] == ["organizer-notice"] * 2
    assert all(letter.calendar is None for letter in letters)
    assert all("contrainte de production" in letter.flat for letter in letters)


def test_of_an_event_that_is_over_only_a_late_cancellation_is_told(booking, set_now):
    confirm(booking)
    deliver()
    set_now(booking.slot.ends_at + timedelta(hours=1))
    db.session.rollback()
    reword(booking, "Trop tard")
    assert deliver() == []
    cancel(booking, Actor.HOST, reason="other")
    letters = deliver()
    assert [letter.kind for letter in letters] == ["organizer-notice"] * 2
    assert all(letter.calendar is None for letter in letters)


def test_a_cancelled_slot_tells_who_why_and_what_next(booking):
    confirm(booking)
    deliver()
    do(booking, Event.SLOT_CANCELLED, Actor.HOST, reason="no_guide", note="Notre guide est absent\r\nBcc: x@y.example")
    letter = to_teacher(deliver(), booking)[0]
    assert "L’entreprise Turbines du Hurepoix a annulé ce créneau." in letter.flat
    assert "Raison\u00a0: pas d’intervenant disponible." in letter.flat
    assert "Notre guide est absent Bcc\u00a0: x@y.example" in letter.flat
    assert "http://127.0.0.1:5000/programme" in letter.text
    assert letter.message["Bcc"] is None


# Words


def test_the_company_learns_no_phone_of_a_teacher_and_no_detail_of_needs(app, now):
    teacher = make.make_teacher(phone="06 11 22 33 44", mobile="06 55 66 77 88")
    school_class = make.make_class(teacher, other_needs="allergie", wheelchairs=1)
    booking = make.make_booking(school_class=school_class, has_special_needs=True)
    confirm(booking)
    letters = {letter.to: letter for letter in deliver()}
    company = letters[booking.slot.activity.contact.email]
    everything = company.text + company.html + company.calendar.decode()
    assert "voir la plateforme" in company.flat
    for secret in ("06 11", "06 55", "allergie", teacher.email):
        assert secret not in everything
    assert "01\u00a060\u00a000\u00a000\u00a000" in letters[teacher.email].flat


def test_awkward_names_and_titles_arrive_unharmed_everywhere(app, now):
    teacher = make.make_teacher(first_name=AWKWARD_NAME, last_name="")
    activity = make.make_activity(title=AWKWARD_TITLE)
    booking = make.make_booking(slot=make.make_slot(activity), teacher=teacher)
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    title = "Visite «\u00a0é,\u00a0; \\\u00a0» Bcc\u00a0: x@y.example"
    assert letter.subject.endswith(title)
    assert letter.message["To"].addresses[0].display_name == AWKWARD_NAME
    assert title in letter.flat
    assert letter.event["attendees"][0]["cn"] == AWKWARD_NAME.replace('"', "'")
    assert letter.event["summary"] == f"{title} (Turbines du Hurepoix)"
    assert letter.message["Bcc"] is None
    assert f"<td>{title}</td>" in letter.html


def test_markup_in_a_title_stays_text(app, now):
    booking = make.make_booking(slot=make.make_slot(make.make_activity(title="<b>Atelier</b> & Cie")))
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    assert "<b>Atelier" not in letter.html
    assert "&lt;b&gt;Atelier&lt;/b&gt; &amp; Cie" in letter.html
    assert "<b>Atelier</b> & Cie" in letter.flat


def test_overseas_the_hour_is_that_of_the_place_and_says_so(app, now):
    make.make_departement("974", "La Réunion", "28", "La-Réunion", timezone="Indian/Reunion")
    site = make.make_site(departement="974")
    slot = make.make_slot(make.make_activity(site), local_start=datetime(2027, 3, 29, 9))
    booking = make.make_booking(slot=slot)
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    assert letter.event["start"] == datetime(2027, 3, 29, 5, tzinfo=UTC)
    assert "lundi 29 mars 2027 de 9\u00a0h\u00a000 à 11\u00a0h\u00a030 (heure de La Réunion)" in letter.flat


def test_a_request_says_who_answers_until_when_and_what_happens_otherwise(app, now):
    due = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
    booking = make.make_booking(
        state=State.REQUESTED, host_answer=Answer.PENDING, host_answer_due_at=due, deadline_at=due
    )
    do(booking, Event.REQUEST, new=True)
    letters = {letter.to: letter for letter in deliver()}
    teacher, company = letters[booking.teacher.email], letters[booking.slot.activity.contact.email]
    assert "répond avant le mardi 1er décembre 2026, 18\u00a0h. Sans réponse" in teacher.flat
    assert "Répondez avant le mardi 1er décembre 2026, 18\u00a0h. Sans réponse" in company.flat
    assert teacher.calendar is None
    assert f"/company/{booking.slot.activity.company_id}/bookings/{booking.id}" in company.text


CHANGE = {"change": {"kind": "count", "wanted": {"pupils": 30}, "due": (NOW + timedelta(days=2)).isoformat()}}
EVERY_MAIL = sorted(
    {
        (state or "", event, mail.to, mail.kind, min(mail.origins or {Origin.DIRECT}))
        for (state, event), row in TRANSITIONS.items()
        for mail in row.mails
    }
)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("state", "event", "audience", "kind", "origin"), EVERY_MAIL)
def test_every_mail_of_the_table_reads_well(app, now, state, event, audience, kind, origin, language):
    due = NOW + timedelta(days=3)
    booking = make.make_booking(
        state=State(state) if state else State.CONFIRMED, deadline_at=due, host_answer=Answer.PENDING,
        host_answer_due_at=due, head_answer=Answer.PENDING, head_answer_due_at=due, reconfirm_by=due,
        cancellable_until=due, has_special_needs=True, origin=origin,
    )  # fmt: skip
    with transaction():
        db.session.execute(update(Person).values(language=language))
        db.session.execute(update(Activity).values(to_bring="Un stylo\nUne veste", access="Gare à 300 m"))
    if state == State.CONFIRMED:
        confirm(booking)
        deliver()
    actor = sorted(TRANSITIONS[(State(state) if state else None, event)].by)[0]
    # Something must have changed for an update to be worth a message.
    with transaction():
        db.session.execute(update(Activity).values(title="Un titre corrigé"))
        db.session.execute(update(Booking).values(pupils=12))
    do(booking, event, actor, new=not state, reason=CancelReason.WEATHER, note="À bientôt",
       before={"title": "Ancien titre", "pupils": 27, **(CHANGE if kind.startswith("change-") else {})})  # fmt: skip
    letters = deliver()
    address = booking.teacher.email if audience == "teacher" else booking.slot.activity.contact.email
    [letter] = [letter for letter in letters if letter.to == address]
    if (state, event) != (State.CONFIRMED, Event.HAND_OVER):
        assert letter.kind == kind
    assert_reads_well(letter, language)


def assert_reads_well(letter: Letter, language: str) -> None:
    assert letter.message["Content-Language"] == language
    assert 10 < len(letter.subject) <= 150
    page = letter.html
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    assert document.get("lang") == language
    assert len(document.findall(".//h1")) == 1
    assert document.find(".//title").text.strip()
    assert len(page) < 100_000
    for banned in ("script", "form", "img", "link", "iframe"):
        assert document.find(f".//{banned}") is None
    links = [link.get("href") for link in document.findall(".//a")]
    assert len(links) >= 2
    for link in links:
        assert link in letter.text
        assert link.startswith("http://127.0.0.1:5000/")
        assert ("/en/" in link) is (language == "en")
    for cell in document.findall(".//th"):
        assert cell.get("scope") in ("row", "col")
    for body in (letter.text, "".join(document.itertext())):
        for leak in ("None", "undefined", "{{", "{%", "%(", "Markup", "&#", "&amp;"):
            assert leak not in body
    assert not re.search(r"<[a-z]", letter.text)
    assert all(len(line) <= 78 or "http" in line for line in letter.text.splitlines())
    if language == "fr":
        # A colon, a semicolon or a question mark takes a no-break space before it, and so do the hours.
        for body in (letter.flat, " ".join("".join(document.find(".//body").itertext()).split(" "))):
            assert not re.search(r"[ \n][:;?!](\s|$)|\w[;?!](\s|$)|\w:(\s|$)|« | »|\d h", body), body
    if letter.calendar:
        assert_is_a_good_calendar(letter)


def assert_is_a_good_calendar(letter: Letter) -> None:
    event = letter.event
    parts = [part.get_payload(decode=True) for part in letter.message.walk()
             if part.get_content_type() in ("text/calendar", "application/ics")]  # fmt: skip
    assert parts[0] == parts[1]
    [inline] = [part for part in letter.message.walk() if part.get_content_type() == "text/calendar"]
    assert inline.get_param("method") == event["method"]
    lines = logical_lines(letter.calendar)
    assert sum(line.startswith("METHOD:") for line in lines) == 1
    assert not any(
        line.startswith(("DURATION", "RRULE:FREQ=D", "RDATE", "EXDATE", "X-WR-", "ATTACH")) for line in lines
    )
    assert event["organizer"]["value"] != event["attendees"][0]["value"]


def test_the_reader_chooses_the_language(booking):
    with transaction():
        db.session.execute(update(Person).where(Person.id == booking.teacher_id).values(language="en"))
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    assert "Tuesday 12 January 2027" in letter.flat
    assert "/en/teacher/bookings/" in letter.text


# The download


def test_the_download_is_the_event_of_the_invitation_without_attendee(booking):
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    with speaking("fr"):
        answer = download_response(booking, Side.CLASS, booking.teacher)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.ics"', answer.headers["Content-Disposition"])
    assert answer.headers["Cache-Control"] == "private, no-store"
    for name, value in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Robots-Tag", "noindex"),
    ):
        assert answer.headers[name] == value
    found = read_with_ical_js(answer.data)
    assert found["method"] == "PUBLISH"
    event = found["events"][0]
    for name in ("uid", "sequence", "start", "end", "location", "summary", "dtstamp"):
        assert event[name] == letter.event[name], name
    assert event["attendees"] == []


def test_two_downloads_of_an_unchanged_booking_are_the_same_bytes(booking, set_now):
    confirm(booking)
    deliver()
    first = download_response(booking, Side.CLASS, booking.teacher).data
    set_now(NOW + timedelta(days=1))
    assert download_response(booking, Side.CLASS, booking.teacher).data == first


def test_a_cancelled_booking_downloads_as_cancelled_before_and_after_its_mail(booking):
    confirm(booking)
    deliver()
    cancel(booking)
    before = read_with_ical_js(download_response(booking, Side.CLASS, booking.teacher).data)["events"][0]
    letter = to_teacher(deliver(), booking)[0]
    after = read_with_ical_js(download_response(booking, Side.CLASS, booking.teacher).data)["events"][0]
    for event in (before, after):
        assert (event["status"], event["sequence"], event["uid"]) == ("CANCELLED", 1, letter.event["uid"])


def test_a_download_before_the_invitation_has_the_uid_it_will_have(booking):
    before = read_with_ical_js(download_response(booking, Side.CLASS, booking.teacher).data)["events"][0]
    confirm(booking)
    letter = to_teacher(deliver(), booking)[0]
    assert before["uid"] == letter.event["uid"]
    assert before["sequence"] == 0
    assert db.session.scalar(select(CalendarObject).where(CalendarObject.state == CalendarState.NEW)) is None
