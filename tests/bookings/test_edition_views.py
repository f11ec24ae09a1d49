"""The administrator's editions: each slip has its sentence, what is changed is kept with its author."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.catalogue import setup
from booking.catalogue.edition_forms import edition_values
from booking.catalogue.labelling.queries import criteria_of
from booking.catalogue.models import Edition, EditionChange, EditionEvent
from booking.catalogue.rules.editions import BookedAlready, CriterionDraft, EditedMeanwhile, EditionDraft, SlotsOutside
from booking.core.db import db, transaction
from tests import make
from tests.conftest import NOW
from tests.sign_in import signed_in

TYPED = {
    "name": "Semaine de l’industrie 2028", "slug": "janvier-2028", "starts_on": "10/01/2028", "ends_on": "2028-01-16",
    "window_starts_on": "2027-09-01", "window_ends_on": "2028-07-01", "opens_day": "2027-11-02", "opens_hour": "08:00",
    "bookings_per_school": "5", "labelling_enabled": "y", "criterion_1": "C’est gratuit.", "criterion_en_1": "It is free.",
    "fact_1": "none", "criterion_3": "Dans la période.", "fact_3": "in_window", "allocation_enabled": "y",
}  # fmt: skip


@pytest.fixture
def admin(app, client, now):
    person = make.make_admin()
    signed_in(client, person)
    return person


def draft_of(edition: Edition, **changes) -> EditionDraft:
    names = EditionDraft.__dataclass_fields__
    return EditionDraft(**{**{name: getattr(edition, name) for name in names}, **changes})


def rewrite(edition: Edition, admin_id: int, criteria=(), **changes) -> list[str]:
    seen, draft = setup.last_change(edition.id), draft_of(edition, **changes)
    with transaction():
        return setup.rewrite_edition(edition.id, draft, criteria, admin_id, seen=seen)


def test_an_edition_is_created_with_its_opening_at_paris_time_its_rules_and_its_criteria(admin, client):
    answer = client.post("/admin/editions/new", data=TYPED)
    assert answer.status_code == 302
    edition = db.session.scalar(select(Edition).where(Edition.slug == "janvier-2028"))
    assert edition.bookings_open_at == datetime(2027, 11, 2, 7, tzinfo=UTC)
    assert (edition.starts_on, edition.bookings_per_school, edition.allocation_enabled) == (date(2028, 1, 10), 5, True)
    assert [(each.wording, each.fact.value) for each in criteria_of(edition.id)] == [
        ("C’est gratuit.", "none"), ("Dans la période.", "in_window"),
    ]  # fmt: skip
    change = db.session.scalars(select(EditionChange)).one()
    assert (change.event, change.person_id, change.at) == (EditionEvent.CREATED, admin.id, NOW)
    assert "1 novembre" not in client.get("/admin/editions").get_data(as_text=True)
    assert "mardi 2 novembre 2027, 8" in client.get("/admin/editions").get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Donnez un nom à l’édition."),
        ({"slug": "Été 2028"}, "en minuscules sans accent"),
        ({"slug": "2027"}, "porte déjà cette adresse"),
        ({"starts_on": ""}, "Indiquez ce jour."),
        ({"starts_on": "31/02/2028"}, "Cette date n’existe pas"),
        ({"ends_on": "2028-01-09"}, "avant d’avoir commencé"),
        ({"window_starts_on": "2028-01-11"}, "au plus tard le premier jour"),
        ({"window_ends_on": "2028-01-15"}, "au plus tôt le dernier jour"),
        ({"opens_day": "2028-07-02"}, "après le dernier jour du programme"),
        ({"opens_hour": ""}, "Indiquez l’heure d’ouverture."),
        ({"bookings_per_school": "0"}, "entre 1 et"),
        ({"bookings_per_school": "cinq"}, "en chiffres"),
        ({"criterion_1": "", "criterion_en_1": "", "criterion_3": ""}, "écrivez-en au moins un"),
        ({"criterion_1": ""}, "d’abord le critère en français"),
        ({"criterion_3": "c’est GRATUIT."}, "écrit deux fois"),
        ({"fact_1": "magic"}, "Choisissez une ligne"),
    ],
)
def test_each_slip_has_its_sentence_and_nothing_typed_is_lost(admin, client, typed, sentence):
    make.make_edition()
    page = client.post("/admin/editions/new", data={**TYPED, **typed})
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert sentence in text
    assert 'value="2027-09-01"' in text or "window_starts_on" in typed
    assert db.session.scalars(select(Edition.slug)).all() == ["2027"]


def test_what_is_changed_is_read_with_its_author_and_the_same_again_changes_nothing(admin, client):
    edition = make.make_edition(bookings_per_school=3)
    values = edition_values(edition, 0)
    typed = {name: str(value) for name, value in values.items() if value not in (None, False)}
    assert client.post("/admin/editions/2027", data={**typed, "bookings_per_school": "4"}).status_code == 302
    text = client.get("/admin/editions/2027").get_data(as_text=True)
    assert "Réservations par établissement, au plus : 3 → 4" in text.replace("\u00a0", " ")
    assert admin.known_as in text
    typed |= {"bookings_per_school": "4", "seen": str(setup.last_change(edition.id))}
    client.post("/admin/editions/2027", data=typed)
    assert len(db.session.scalars(select(EditionChange)).all()) == 1


def test_what_is_emptied_is_taken_away(admin, client):
    edition = make.make_edition(bookings_open_at=NOW, bookings_per_school=3, theme="Fabriquer")
    typed = {name: str(value) for name, value in edition_values(edition, 0).items() if value not in (None, False)}
    typed |= {"opens_day": "", "bookings_per_school": "", "theme": ""}
    assert client.post("/admin/editions/2027", data=typed).status_code == 302
    db.session.expire_all()
    assert (edition.bookings_open_at, edition.bookings_per_school, edition.theme) == (None, None, "")


def test_two_administrators_at_once_do_not_undo_each_other(admin, both_databases):
    edition = make.make_edition()
    rewrite(edition, admin.id, bookings_per_school=2)
    with pytest.raises(EditedMeanwhile), transaction():
        setup.rewrite_edition(edition.id, draft_of(edition, bookings_per_school=9), (), admin.id, seen=0)
    assert db.session.get(Edition, edition.id).bookings_per_school == 2


def test_once_classes_have_booked_the_opening_is_not_put_off(admin, both_databases):
    edition = make.make_edition()
    rewrite(edition, admin.id, bookings_open_at=NOW + timedelta(days=1))
    rewrite(edition, admin.id, bookings_open_at=None)
    make.make_slot(make.make_activity(edition=edition), taken_classes=1, taken_pupils=20)
    with pytest.raises(BookedAlready):
        rewrite(edition, admin.id, bookings_open_at=NOW + timedelta(days=1))
    assert rewrite(edition, admin.id, bookings_open_at=NOW - timedelta(days=1)) == ["bookings_open_at"]


def test_the_window_is_not_drawn_in_over_dates_to_come(admin, both_databases):
    edition = make.make_edition()
    activity = make.make_activity(edition=edition)
    make.make_slot(activity, datetime(2027, 3, 2, 9))
    make.make_slot(activity, datetime(2027, 3, 3, 9), state="cancelled")
    with pytest.raises(SlotsOutside) as refused:
        rewrite(edition, admin.id, window_ends_on=date(2027, 3, 1))
    assert refused.value.count == 1
    assert rewrite(edition, admin.id, window_ends_on=date(2027, 3, 2)) == ["window_ends_on"]


def test_an_edition_does_without_a_label_and_its_criteria_can_be_rewritten(admin, both_databases):
    edition = make.make_edition()
    assert rewrite(edition, admin.id, [CriterionDraft("Gratuit."), CriterionDraft("")], labelling_enabled=True) == [
        "labelling_enabled", "criteria",
    ]  # fmt: skip
    assert rewrite(edition, admin.id, [CriterionDraft("Gratuit.", "Free.")]) == ["criteria"]
    assert rewrite(edition, admin.id, [], labelling_enabled=False) == ["labelling_enabled", "criteria"]
    assert criteria_of(edition.id) == []


def test_editions_are_the_administrators_alone(app, client, now):
    make.make_edition()
    signed_in(client, make.make_officer("national", None))
    for address in ("/admin/editions", "/admin/editions/new", "/admin/editions/2027"):
        assert client.get(address).status_code == 404
