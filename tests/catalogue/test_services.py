"""The verbs of hosts, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.catalogue import hosting, services
from booking.catalogue.editions import create_edition, open_editions
from booking.catalogue.models import Activity, ActivityKind, ConfirmationMode, PublicationState, Slot, SlotState
from booking.catalogue.rules.activities import (
    ActivityDraft,
    ContactNotMember,
    EditionIsDated,
    KindIsBooked,
    PlaceIsBooked,
    SiteNotYours,
    TextTooLong,
    ZoneDiffers,
)
from booking.catalogue.rules.editions import EditionOver, SlugTaken
from booking.catalogue.rules.publication import NotPublished, NotReady
from booking.catalogue.rules.slots import (
    AlreadyOffered,
    BelowTaken,
    Capacity,
    ClosesTooSoon,
    HourSkipped,
    OutsideEdition,
    TimesAreBooked,
)
from booking.catalogue.services import EditionUnknown, SlotDraft, SlotNotOpen, slot_draft_of
from booking.core.db import db, transaction
from tests import make

pytestmark = pytest.mark.usefixtures("both_databases", "app", "now")

MORNING = datetime(2027, 1, 12, 9, 0)
SLOT = SlotDraft(MORNING, MORNING + timedelta(hours=2), Capacity(2, 60, 2))


@pytest.fixture
def site():
    return make.make_site()


@pytest.fixture
def host(site):
    return make.make_host(site.company)


def draft_for(site, host, **changes) -> ActivityDraft:
    draft = ActivityDraft(
        edition_id=make.make_edition().id,
        site_id=site.id,
        contact_id=host.id,
        kind=ActivityKind.SITE_VISIT,
        title="Dans un atelier",
        summary="Une phrase.",
        description="Une visite.",
        sector="metallurgie-mecanique",
        levels=("4E", "3E"),
        subjects=("TECHNO",),
    )
    return replace(draft, **changes)


def create(site, host, **changes) -> Activity:
    with transaction():
        activity_id = services.create_activity(site.company_id, draft_for(site, host, **changes)).id
    return db.session.get(Activity, activity_id)


def create_slot(activity, draft=SLOT) -> Slot:
    with transaction():
        slot_id = services.create_slot(activity.id, draft).id
    return db.session.get(Slot, slot_id)


def take(slot, classes=1, pupils=27):
    """As if classes had booked."""
    slot.taken_classes, slot.taken_pupils = classes, pupils
    db.session.commit()


# ---- Activities


def test_a_new_activity_is_a_draft_with_all_that_was_said(site, host):
    activity = create(site, host, access_motor=True, confirmation=ConfirmationMode.INSTANT, photo_rule="Aucune.")
    assert activity.state is PublicationState.DRAFT
    assert activity.company_id == site.company_id
    assert sorted(activity.level_codes) == ["3E", "4E"]
    assert (activity.access_motor, activity.access_visual) == (True, None)
    assert activity.confirmation is ConfirmationMode.INSTANT
    assert activity.subjects == ["TECHNO"]
    assert activity.languages == ["fr"]


def test_all_levels_means_no_row(site, host):
    assert create(site, host, levels=(), all_levels=True).levels == []


def test_the_site_of_another_company_is_refused(site, host):
    with pytest.raises(SiteNotYours), transaction():
        services.create_activity(site.company_id, draft_for(make.make_site(), host))


def test_a_contact_from_outside_is_refused(site, host):
    with pytest.raises(ContactNotMember), transaction():
        services.create_activity(site.company_id, draft_for(site, make.make_host()))


def test_a_text_too_long_for_its_column_never_reaches_the_database(site, host):
    with pytest.raises(TextTooLong), transaction():
        services.create_activity(site.company_id, draft_for(site, host, summary="x" * 301))


def test_an_edition_that_is_over_takes_nothing_new(site, host):
    past = make.make_edition("2025", starts_on=date(2025, 11, 17), ends_on=date(2025, 11, 23),
                             window_starts_on=date(2025, 11, 1), window_ends_on=date(2025, 12, 1))  # fmt: skip
    with pytest.raises(EditionOver), transaction():
        services.create_activity(site.company_id, draft_for(site, host, edition_id=past.id))
    with pytest.raises(EditionUnknown), transaction():
        services.create_activity(site.company_id, draft_for(site, host, edition_id=99999))


def test_editing_says_which_words_booked_classes_must_hear_of(site, host):
    activity = create(site, host)
    colleague = make.make_host(site.company)
    with transaction():
        unseen = services.edit_activity(activity.id, draft_for(site, host, answer_days=3, levels=("2GT",)))
    assert unseen == []
    assert activity.answer_days == 3
    assert activity.level_codes == ["2GT"]
    changed_draft = draft_for(site, host, title="Autre titre", clothing="Chaussures fermées", contact_id=colleague.id)
    with transaction():
        changed = services.edit_activity(activity.id, changed_draft)
    assert changed == ["title", "contact_id", "clothing"]
    assert activity.contact.id == colleague.id


def test_a_published_activity_keeps_what_made_it_fit_to_publish(site, host):
    activity = create(site, host, dates_to_agree=True)
    with transaction():
        services.publish_activity(activity.id)
    with pytest.raises(NotReady) as refused, transaction():
        services.edit_activity(activity.id, draft_for(site, host, dates_to_agree=True, summary=""))
    assert refused.value.field == "summary"
    assert activity.summary == "Une phrase."


def test_the_kind_and_the_place_of_what_is_booked_do_not_change(site, host):
    activity, elsewhere = create(site, host), make.make_site(site.company)
    take(create_slot(activity))
    with pytest.raises(KindIsBooked), transaction():
        services.edit_activity(activity.id, draft_for(site, host, kind=ActivityKind.OPEN_DAY))
    with pytest.raises(PlaceIsBooked), transaction():
        services.edit_activity(activity.id, draft_for(elsewhere, host))


def test_slots_without_bookings_follow_their_activity_to_another_departement(site, host):
    activity = create(site, host)
    slot = create_slot(activity)
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Creteil")
    elsewhere = make.make_site(site.company, departement="77")
    with transaction():
        services.edit_activity(activity.id, draft_for(elsewhere, host))
    assert (slot.departement_code, slot.academie_code) == ("77", "24")
    assert activity.site.id == elsewhere.id


def test_a_site_on_another_clock_is_refused_while_there_are_slots(site, host):
    activity = create(site, host)
    create_slot(activity)
    make.make_departement("974", "La Réunion", academie="28", academie_name="Reunion", zone="Réunion",
                          timezone="Indian/Reunion")  # fmt: skip
    with pytest.raises(ZoneDiffers), transaction():
        services.edit_activity(activity.id, draft_for(make.make_site(site.company, departement="974"), host))


def test_an_activity_with_slots_stays_in_its_edition(site, host):
    activity = create(site, host)
    other = make.make_edition("2028", starts_on=date(2028, 1, 10), ends_on=date(2028, 1, 16),
                              window_starts_on=date(2027, 9, 1), window_ends_on=date(2028, 7, 1))  # fmt: skip
    with transaction():
        services.edit_activity(activity.id, draft_for(site, host, edition_id=other.id))
    with transaction():
        services.edit_activity(activity.id, draft_for(site, host))
    create_slot(activity)
    with pytest.raises(EditionIsDated), transaction():
        services.edit_activity(activity.id, draft_for(site, host, edition_id=other.id))


# ---- Publication


def test_publishing_needs_a_date_then_happens_once(site, host):
    activity = create(site, host)
    with pytest.raises(NotReady), transaction():
        services.publish_activity(activity.id)
    create_slot(activity)
    with transaction():
        services.publish_activity(activity.id)
    first = activity.published_at
    with transaction():
        services.publish_activity(activity.id)
    assert activity.state is PublicationState.PUBLISHED
    assert activity.published_at == first


def test_a_closed_cancelled_or_past_slot_is_not_a_date(site, host):
    activity = create(site, host)
    slot = create_slot(activity)
    with transaction():
        services.close_slot(slot.id)
    with pytest.raises(NotReady), transaction():
        services.publish_activity(activity.id)


def test_an_activity_with_classes_to_come_is_withdrawn_once_and_they_still_come(site, host):
    activity = create(site, host)
    slot = create_slot(activity)
    with transaction():
        services.publish_activity(activity.id)
    take(slot)
    with transaction():
        services.unpublish_activity(activity.id)
    assert (activity.state, slot.taken_classes) == (PublicationState.UNPUBLISHED, 1)
    with pytest.raises(NotPublished), transaction():
        services.unpublish_activity(activity.id)


def test_an_activity_waits_for_its_company_to_be_trusted():
    site = make.make_site(make.make_company(trusted=False))
    activity = create(site, make.make_host(site.company), dates_to_agree=True)
    with transaction():
        services.publish_activity(activity.id)
    assert hosting.is_awaiting_trust(activity)


# ---- Slots


def test_a_slot_keeps_its_wall_clock_its_instants_and_where_it_counts(site, host):
    slot = create_slot(create(site, host), replace(SLOT, opens_days=30))
    assert (slot.local_start, slot.timezone) == (MORNING, "Europe/Paris")
    assert slot.starts_at == datetime(2027, 1, 12, 8, tzinfo=UTC)
    assert slot.ends_at == datetime(2027, 1, 12, 10, tzinfo=UTC)
    assert slot.closes_at == datetime(2027, 1, 9, 17, tzinfo=UTC)
    assert slot.opens_at == datetime(2026, 12, 13, 7, tzinfo=UTC)
    assert (slot.departement_code, slot.academie_code) == ("91", "25")
    assert (slot.max_classes, slot.max_pupils, slot.adults_per_class) == (2, 60, 2)
    assert slot.state is SlotState.OPEN
    assert slot_draft_of(slot) == replace(SLOT, opens_days=30)


def test_a_slot_overseas_lives_on_its_own_clock(host):
    make.make_departement("974", "La Réunion", academie="28", academie_name="Reunion", zone="Réunion",
                          timezone="Indian/Reunion")  # fmt: skip
    site = make.make_site(departement="974")
    slot = create_slot(create(site, make.make_host(site.company)))
    assert slot.starts_at == datetime(2027, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "refused"),
    [
        (datetime(2027, 3, 28, 2, 30), HourSkipped),
        (datetime(2027, 8, 12, 9), OutsideEdition),
        (datetime(2026, 11, 25, 9), ClosesTooSoon),
    ],
)
def test_a_slot_that_cannot_be_is_refused_and_leaves_nothing(site, host, start, refused):
    activity = create(site, host)
    with pytest.raises(refused), transaction():
        services.create_slot(activity.id, replace(SLOT, local_start=start, local_end=start + timedelta(hours=3)))
    assert hosting.slots_to_come(activity) == []


def test_a_button_pressed_twice_makes_one_slot(site, host):
    activity = create(site, host)
    create_slot(activity)
    with pytest.raises(AlreadyOffered), transaction():
        services.create_slot(activity.id, SLOT)


def test_a_slot_without_bookings_changes_freely(site, host):
    slot = create_slot(create(site, host))
    later = MORNING + timedelta(days=7)
    with transaction():
        services.edit_slot(slot.id, SlotDraft(later, later + timedelta(hours=1), Capacity(1, 30, 1), closes_days=1))
    assert slot.starts_at == datetime(2027, 1, 19, 8, tzinfo=UTC)
    assert slot.closes_at == datetime(2027, 1, 18, 17, tzinfo=UTC)
    assert slot.max_pupils == 30


def test_once_classes_have_booked_only_the_room_around_them_changes(site, host):
    slot = create_slot(create(site, host))
    take(slot, 1, 27)
    later = MORNING + timedelta(days=7)
    with pytest.raises(TimesAreBooked), transaction():
        services.edit_slot(slot.id, replace(SLOT, local_start=later, local_end=later + timedelta(hours=2)))
    with pytest.raises(BelowTaken), transaction():
        services.edit_slot(slot.id, replace(SLOT, capacity=Capacity(1, 26, 2)))
    with transaction():
        services.edit_slot(slot.id, replace(SLOT, capacity=Capacity(1, 27, 2), closes_days=5))
    assert (slot.max_pupils, slot.local_start) == (27, MORNING)
    assert slot.closes_at == datetime(2027, 1, 7, 17, tzinfo=UTC)


def test_a_slot_whose_bookings_have_closed_can_still_grow(site, host, set_now):
    slot = create_slot(create(site, host))
    set_now(datetime(2027, 1, 11, 9, tzinfo=UTC))
    with transaction():
        services.edit_slot(slot.id, replace(SLOT, capacity=Capacity(3, 90, 2)))
    assert slot.max_classes == 3


def test_a_slot_closes_and_opens_again_until_it_is_over(site, host, set_now):
    slot = create_slot(create(site, host))
    with transaction():
        services.close_slot(slot.id)
    assert slot.state is SlotState.CLOSED
    with transaction():
        services.open_slot(slot.id)
    assert slot.state is SlotState.OPEN
    set_now(datetime(2027, 1, 12, 11, tzinfo=UTC))
    with pytest.raises(SlotNotOpen), transaction():
        services.close_slot(slot.id)


def test_a_cancelled_slot_does_not_come_back(site, host):
    slot = create_slot(create(site, host))
    slot.state = SlotState.CANCELLED
    db.session.commit()
    with pytest.raises(SlotNotOpen), transaction():
        services.open_slot(slot.id)


# ---- Editions and lists


def test_open_editions_come_in_order_the_permanent_ones_last():
    make.make_edition("2025", starts_on=date(2025, 11, 17), ends_on=date(2025, 11, 23),
                      window_starts_on=date(2025, 11, 1), window_ends_on=date(2025, 12, 1))  # fmt: skip
    with transaction():
        create_edition("permanente", "Toute l’année", date(2020, 1, 1), date(2020, 1, 1), is_permanent=True)
        create_edition("2028", "Semaine 2028", date(2028, 1, 10), date(2028, 1, 16))
    make.make_edition("2027")
    assert [edition.slug for edition in open_editions()] == ["2027", "2028", "permanente"]
    with pytest.raises(SlugTaken), transaction():
        create_edition("2028", "Encore", date(2028, 1, 10), date(2028, 1, 16))


def test_a_company_sees_its_own_activities_and_what_is_to_come(site, host):
    make.make_slot()
    first, second = create(site, host, title="Sans date"), create(site, host, title="Datée")
    take(create_slot(second))
    listed = hosting.activities_of(site.company)
    assert [each.activity.title for each in listed] == ["Datée", "Sans date"]
    assert (listed[0].taken_classes, listed[0].free_classes, listed[0].more_slots) == (1, 1, 0)
    assert hosting.activity_of(make.make_company(), first.id) is None
