"""What users of comparable systems complain of, by the number it has in our list, and the tests that answer it.

A wish is answered when a test would fail if we disappointed it. Not every complaint touches what exists.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent
AT_LEAST = 25

# number: (what is complained of, the tests that answer it)
ANSWERS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("No waiting list for a whole group", (
        "bookings/test_waiting.py::test_a_whole_class_joins_the_list_of_a_full_slot_and_holds_nothing_1",
        "bookings/test_waiting.py::test_a_class_too_large_for_the_places_is_skipped_once_for_each_time_they_go_to_another",
    )),
    2: ("The list gives the place to the last comer", (
        "bookings/test_waiting.py::test_a_class_waits_for_several_dates_of_an_activity_in_one_go_2",
        "bookings/test_life.py::test_whatever_happens_in_short_lives_all_that_must_hold_holds",
    )),
    4: ("No waiting list at all", (
        "bookings/test_waiting.py::test_a_place_given_back_is_offered_to_the_first_in_line_and_held_for_it_4",
    )),
    5: ("One can neither leave the list nor withdraw once promoted", (
        "bookings/test_waiting.py::test_an_offer_declined_goes_to_the_next_5",
        "bookings/test_waiting.py::test_an_accepted_offer_can_still_be_cancelled_and_the_next_is_served_5",
    )),
    6: ("Leaving the list while first confirms somebody", (
        "bookings/test_waiting.py::test_the_first_in_line_leaves_and_nobody_is_offered_anything_6",
    )),
    7: ("Promoted into a clash with another booking", (
        "bookings/test_waiting.py::test_a_class_busy_elsewhere_by_now_is_passed_over_and_keeps_its_place_7",
    )),
    8: ("A personal maximum breaks the list", (
        "bookings/test_waiting.py::test_a_school_at_its_cap_is_passed_over_until_one_of_its_bookings_ends_8",
    )),
    9: ("A host cannot cancel a whole session", (
        "bookings/test_changes.py::test_complaint_9_a_whole_activity_is_cancelled_and_no_class_is_sent_to_another_of_its_dates",
        "bookings/test_changes_views.py::test_complaint_9_an_activity_is_cancelled_whole_after_saying_what_is_lost",
    )),
    10: ("The last place is overbooked between form and confirmation", (
        "races/test_changes.py::test_complaint_10_eight_classes_want_the_last_five_places_and_one_gets_them",
    )),
    11: ("Two browsers book the same slot", (
        "races/test_last_places.py::test_sixty_four_browsers_book_exactly_the_last_twenty_places_and_none_sees_an_error",
    )),
    12: ("Two pending requests are both approved", (
        "races/test_changes.py::test_complaint_12_a_change_accepted_twice_at_once_is_done_once",
        "bookings/test_changes.py::test_a_yes_that_no_longer_fits_is_refused_and_the_request_still_waits",
    )),
    13: ("The lock was skipped for speed", (
        "races/test_last_places.py::test_without_the_guarded_statement_the_same_race_overbooks",
    )),
    14: ("A cancelled visit stays in calendars", (
        "calendars/test_strict_client.py::test_a_strict_calendar_ends_as_the_bookings_stand_for_random_lives",
        "calendars/test_ics.py::test_a_cancellation_says_cancelled_asks_for_no_answer_and_rings_no_alarm",
    )),
    15: ("Outlook does not see the invitation", (
        "calendars/test_ics.py::test_a_request_names_its_organizer_and_its_one_attendee_as_clients_want_them",
        "mail/test_compose.py::test_an_invitation_has_the_tree_that_every_client_reads",
    )),
    16: ("Replies to the organiser bounce", (
        "calendars/test_ics.py::test_an_organizer_that_nobody_reads_is_replaced_and_named_as_the_sender",
    )),
    17: ("One attendee's cancellation tells everybody; names leak", (
        "bookings/test_mails.py::test_a_confirmed_booking_is_told_to_the_teacher_and_the_companys_contact_each_with_an_invitation",
        "bookings/test_mails.py::test_the_company_learns_no_phone_of_a_teacher_and_no_detail_of_needs",
    )),
    18: ("The hour shifts in calendars", (
        "calendars/test_zones.py::test_the_table_agrees_with_the_tz_database_every_hour_for_five_years",
        "calendars/test_feeds.py::test_overseas_and_mainland_dates_stand_together_each_in_its_zone",
    )),
    19: ("Feeds: a moved event is there twice", (
        "calendars/test_feeds.py::test_a_teachers_feed_holds_their_bookings_with_the_uid_of_the_invitation",
    )),
    20: ("Link scanners follow the links of mails", (
        "bookings/test_changes_views.py::test_complaint_20_the_link_of_the_mail_shows_and_only_its_button_says_yes",
        "bookings/test_day_views.py::test_a_link_scanner_that_opens_the_sheet_changes_nothing",
    )),
    21: ("A cancelled booking is changed from an old mail", (
        "bookings/test_changes_views.py::test_complaint_21_a_cancelled_booking_is_not_changed_from_an_old_page",
        "bookings/test_changes_views.py::test_complaint_21_a_link_of_an_older_date_says_nothing_about_the_newer_one",
    )),
    22: ("Contradictory mails; an invitation before the yes", (
        "bookings/test_states.py::test_calendars_hear_only_of_firm_bookings",
        "bookings/test_life.py::test_whatever_happens_in_short_lives_all_that_must_hold_holds",
    )),
    23: ("No reminders", ("bookings/test_reminders.py::test_23_and_50_both_sides_are_reminded_once_each_day_of_the_two",)),
    24: ("No answer in one click from the mail", (
        "bookings/test_nudges.py::test_24_and_32_the_letter_holds_the_pages_words_and_three_ways_to_answer",
    )),
    25: ("No minimum number to be reached", (
        "bookings/test_changes_views.py::test_complaint_25_below_its_minimum_a_slot_is_asked_about_on_its_day_and_silence_keeps_it",
    )),
    26: ("Accompanying people are not counted", (
        "bookings/test_day.py::test_accompanying_adults_are_counted_beside_the_pupils_whoever_writes_it_26",
    )),
    27: ("After the deadline changes should be requests", (
        "bookings/test_changes.py::test_complaint_27_past_the_limit_more_pupils_are_asked_for_and_fewer_are_not",
    )),
    28: ("The organiser is not told when somebody withdraws", (
        "bookings/test_changes.py::test_complaint_28_past_the_limit_the_host_hears_at_once_that_the_class_cannot_come_and_cancels",
    )),
    29: ("The confirmation lacks date, time and place", (
        "bookings/test_mails.py::test_a_confirmed_booking_is_told_to_the_teacher_and_the_companys_contact_each_with_an_invitation",
    )),
    30: ("People learn nothing when the date changes", (
        "bookings/test_changes.py::test_complaint_30_a_class_says_that_the_new_date_suits_once",
    )),
    31: ("Firms do not answer", (
        "bookings/test_nudges.py::test_31_a_host_that_has_not_answered_is_told_twice_then_the_request_expires",
        "bookings/test_nudges.py::test_31_three_requests_in_a_row_without_an_answer_are_told_to_everybody_in_the_company",
    )),
    32: ("No ready-made refusals", (
        "bookings/test_nudges.py::test_24_and_32_the_letter_holds_the_pages_words_and_three_ways_to_answer",
    )),
    34: ("The same reminder twice in an hour", (
        "bookings/test_nudges.py::test_34_the_same_letter_never_leaves_twice_nor_two_within_an_hour",
    )),
    40: ("Presence, and who recorded it, is not kept", (
        "bookings/test_day.py::test_the_first_record_stands_the_other_sides_is_kept_beside_it_and_may_correct_40",
    )),
    41: ("A wrong address blocks a place for ever", (
        "bookings/test_waiting.py::test_a_teacher_who_is_not_verified_yet_waits_like_others_and_then_only_asks_41",
    )),
    43: ("Cancelled slots count as missed", ("bookings/test_day.py::test_a_cancelled_slot_never_counts_as_missed_43",)),
    44: ("No check-in in one tap", ("bookings/test_day.py::test_class_check_in_in_one_tap_by_host_or_teacher_44",)),
    45: ("No cap for a school", ("races/test_last_places.py::test_a_school_never_passes_the_editions_cap_across_slots",)),
    50: ("The host gets no reminder", (
        "bookings/test_reminders.py::test_23_and_50_both_sides_are_reminded_once_each_day_of_the_two",
    )),
    51: ("Recording late is blocked", ("bookings/test_day.py::test_recording_late_is_allowed_and_marked_51",)),
}  # fmt: skip


def test_each_complaint_is_answered_by_tests_that_exist():
    assert all(answers for _complaint, answers in ANSWERS.values())
    named = [answer.split("::") for _complaint, answers in ANSWERS.values() for answer in answers]
    missing = [(path, name) for path, name in named if name not in names_in(path)]
    assert missing == []


def test_at_least_25_of_the_52_complaints_are_answered():
    assert len(ANSWERS) >= AT_LEAST
    assert ANSWERS.keys() <= set(range(1, 53))


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
