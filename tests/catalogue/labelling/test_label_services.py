"""Asking for the label, answering, taking back: rows, mails, refusals, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from booking.accounts.models import Person, ScopeKind
from booking.catalogue.labelling import queries, rules, services
from booking.catalogue.labelling.models import LabelStep, LabelStepKind, ReturnReason, Side
from booking.catalogue.labelling.services import Pick
from booking.catalogue.models import Activity, LabelState
from booking.catalogue.rules.publication import NotReady
from booking.catalogue.services import copy_activity
from booking.core.checks import violations
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.mail.models import OutgoingMail
from tests import make
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("both_databases", "now")


def officer(kind=ScopeKind.ACADEMIE, code="25"):
    return make.make_officer(kind, code).memberships[0]


def prefecture():
    return officer(ScopeKind.PREFECTURE, "91")


def asked(activity=None, note="", **values) -> Activity:
    activity = activity or make.make_activity(edition=make.make_labelling(**values))
    with transaction():
        services.ask_label(activity.id, fresh(Person, activity.contact_id), declared_of(activity), note)
    return fresh(Activity, activity.id)


def fresh(model, row_id):
    return db.session.get_one(model, row_id, populate_existing=True)


def declared_of(activity) -> list[int]:
    return [criterion.id for criterion in queries.criteria_of(activity.edition_id)]


def seen(activity) -> str:
    return queries.dossier_of(fresh(Activity, activity.id)).fingerprint


def act(service, *arguments, **values):
    with transaction():
        return service(*arguments, **values)


def granted(activity=None, membership=None, number="2027-91-001", **values) -> Activity:
    activity = activity or asked(**values)
    act(services.grant_label, activity.id, membership or officer(), number=number, seen=seen(activity))
    return fresh(Activity, activity.id)


def rewrite(activity, **values) -> None:
    """As its company would, an hour later."""
    with transaction():
        later = NOW + timedelta(hours=1)
        db.session.execute(update(Activity).where(Activity.id == activity.id).values(updated_at=later, **values))
    db.session.expire_all()


def kinds_of_mail() -> list[str]:
    return list(db.session.scalars(select(OutgoingMail.kind).order_by(OutgoingMail.created_at)))


def history(activity) -> list[LabelStepKind]:
    return [step.kind for step in queries.steps_of(activity.id)]


def label_violations() -> list[str]:
    return [each.code for each in violations() if each.code.startswith("label-")]


def test_a_request_keeps_what_was_agreed_to_and_starts_the_clock(app):
    activity = asked()
    step = queries.dossier_of(activity).asked
    assert activity.label_state is LabelState.ASKED
    assert [row["wording"] for row in step.declared] == list(make.CRITERIA)
    assert step.due_at == datetime(2026, 11, 30, 17, tzinfo=UTC)
    assert step.facts["title"] == activity.title
    assert kinds_of_mail() == ["label-asked"]
    assert label_violations() == []


def test_an_edition_without_label_an_unfinished_text_or_a_criterion_left_out_is_refused(app):
    plain = make.make_activity()
    with pytest.raises(rules.NoLabelling):
        asked(plain)
    make.make_labelling()
    with pytest.raises(rules.CriteriaMissing):
        act(services.ask_label, plain.id, plain.contact, declared_of(plain)[:1])
    with pytest.raises(NotReady):
        asked(make.make_activity(summary=""))
    assert db.session.scalars(select(LabelStep)).all() == []


def test_a_label_that_is_granted_has_its_number_its_author_and_a_mail(app):
    membership = officer()
    activity = granted(membership=membership)
    assert (activity.label_state, activity.label_number) == (LabelState.GRANTED, "2027-91-001")
    step = queries.dossier_of(activity).granted
    assert (step.person_id, step.side) == (membership.person_id, Side.RECTORAT)
    assert kinds_of_mail() == ["label-asked", "label-granted"]
    assert activity.state == "published"
    assert label_violations() == []


def test_two_officers_cannot_answer_twice(app):
    activity, membership, mark = asked(), officer(), None
    mark = seen(activity)
    act(services.grant_label, activity.id, membership, number="1", seen=mark)
    with pytest.raises(rules.LabelNotAsked):
        act(services.return_label, activity.id, membership, reasons=[ReturnReason.NOT_FREE], seen=mark)
    assert history(activity) == [LabelStepKind.ASKED, LabelStepKind.GRANTED]


def test_a_number_names_one_activity_even_after_the_label_was_taken_back(app):
    first, membership = granted(), officer()
    second = asked(make.make_activity(title="Autre"))
    with pytest.raises(rules.NumberTaken):
        act(services.grant_label, second.id, membership, number="2027-91-001", seen=seen(second))
    act(services.withdraw_label, first.id, membership, reasons=[ReturnReason.NOT_FREE])
    with pytest.raises(rules.NumberTaken):
        act(services.grant_label, second.id, membership, number="2027-91-001", seen=seen(second))
    assert services.next_number(second) == "2027-91-002"


def test_an_officer_who_read_an_older_text_is_told_so(app):
    activity, membership = asked(), officer()
    mark = seen(activity)
    rewrite(activity, title="Tout autre chose")
    for verb, values in (
        (services.grant_label, {"number": "1"}),
        (services.return_label, {"reasons": [ReturnReason.UNCLEAR]}),
        (services.give_opinion, {"favourable": True}),
    ):
        with pytest.raises(rules.ChangedMeanwhile):
            act(verb, activity.id, membership, seen=mark, **values)
    assert history(activity) == [LabelStepKind.ASKED]


def test_an_objection_of_the_prefecture_stops_the_rectorat_until_it_changes_its_mind(app):
    activity, there = asked(), prefecture()
    act(services.give_opinion, activity.id, there, favourable=False, seen=seen(activity), note="Site classé")
    with pytest.raises(rules.OtherSideObjects):
        granted(activity)
    act(services.give_opinion, activity.id, there, favourable=True, seen=seen(activity))
    assert granted(activity).label_state is LabelState.GRANTED


def test_an_edition_that_wants_both_sides_waits_for_the_second(app):
    activity = asked(label_needs_both=True)
    with pytest.raises(rules.OpinionMissing):
        granted(activity)
    act(services.give_opinion, activity.id, prefecture(), favourable=True, seen=seen(activity))
    granted(activity)


def test_an_opinion_is_a_side_s_and_nobody_else_s(app):
    activity = asked()
    with pytest.raises(rules.NoSide):
        act(services.give_opinion, activity.id, officer(ScopeKind.NATIONAL, None), favourable=True, seen=seen(activity))


def test_a_returned_activity_comes_back_with_its_difference(app):
    activity = asked()
    act(
        services.return_label, activity.id, officer(), reasons=[ReturnReason.NOT_FREE], note="Dites-le.",
        seen=seen(activity),
    )  # fmt: skip
    activity = fresh(Activity, activity.id)
    assert activity.label_state is LabelState.RETURNED
    assert kinds_of_mail()[-1] == "label-returned"
    with pytest.raises(rules.NothingNew):
        asked(activity)
    rewrite(activity, summary="Gratuit : du bloc d’acier à l’aube de turbine.")
    activity = asked(activity)
    dossier = queries.dossier_of(activity)
    assert dossier.asked.round == 2
    assert rules.changed_fields(dossier.returned.facts, dossier.facts, rules.COMPARED) == ["summary"]
    granted(activity)
    assert label_violations() == []


def test_opinions_of_the_first_request_do_not_count_for_the_second(app):
    activity, there = asked(), prefecture()
    act(services.give_opinion, activity.id, there, favourable=False, seen=seen(activity))
    act(services.return_label, activity.id, there, reasons=[ReturnReason.SAFETY], seen=seen(activity))
    activity = asked(activity, note="Nous avons ajouté un encadrant.")
    assert queries.dossier_of(activity).opinions == {}
    granted(activity)


def test_a_company_takes_its_request_back_and_may_ask_anew(app):
    activity = asked()
    act(services.recall_label, activity.id, activity.contact)
    activity = fresh(Activity, activity.id)
    assert activity.label_state is LabelState.NONE
    assert asked(activity).label_state is LabelState.ASKED
    assert label_violations() == []


def test_a_labelled_activity_that_is_rewritten_is_read_again_and_keeps_its_label_meanwhile(app, set_now):
    activity, membership = granted(), officer()
    rewrite(activity, clothing="Chaussures fermées")
    assert queries.to_read_again(None) == []
    rewrite(activity, description="Vente de nos produits.")
    assert [dossier.activity.id for dossier in queries.to_read_again({"91"})] == [activity.id]
    assert queries.to_read_again({"77"}) == []
    assert fresh(Activity, activity.id).label_state is LabelState.GRANTED
    set_now(NOW + timedelta(hours=2))
    act(services.keep_label, activity.id, membership, seen=seen(activity))
    assert queries.to_read_again(None) == []
    act(services.withdraw_label, activity.id, membership, reasons=[ReturnReason.NOT_INDUSTRY])
    activity = fresh(Activity, activity.id)
    assert (activity.label_state, activity.label_number) == (LabelState.RETURNED, "")
    assert label_violations() == []


def test_a_date_reserved_for_some_schools_puts_a_label_back_in_question(app):
    activity = make.make_activity(edition=make.make_labelling())
    slot = make.make_slot(activity)
    granted(asked(activity))
    assert queries.to_read_again(None) == []
    slot.audience = "reserved"
    db.session.commit()
    assert len(queries.to_read_again(None)) == 1


def test_a_selection_is_granted_whole_or_not_at_all(app):
    edition = make.make_labelling()
    first, second = (asked(make.make_activity(edition=edition, title=title)) for title in ("Un", "Deux"))
    membership = officer()
    with pytest.raises(rules.OneOfThem) as refused:
        act(services.grant_all, [Pick(first.id, seen(first)), Pick(second.id, "faux")], membership)
    assert "Deux" in refused.value.message
    assert fresh(Activity, first.id).label_state is LabelState.ASKED
    act(services.grant_all, [Pick(second.id, seen(second)), Pick(first.id, seen(first))], membership)
    numbers = {fresh(Activity, each.id).label_number for each in (first, second)}
    assert numbers == {"2027-91-001", "2027-91-002"}


def test_a_selection_is_favoured_or_returned_together(app):
    edition = make.make_labelling()
    both = [asked(make.make_activity(edition=edition, title=title)) for title in ("Un", "Deux")]
    there = prefecture()
    act(services.favour_all, [Pick(each.id, seen(each)) for each in both], there)
    assert all(queries.dossier_of(each).opinions[Side.PREFECTURE].favourable for each in both)
    with pytest.raises(rules.ReasonsMissing):
        act(services.return_all, [Pick(each.id, seen(each)) for each in both], there, [], "")
    act(services.return_all, [Pick(each.id, seen(each)) for each in both], there, [ReturnReason.TWICE], "")
    assert {fresh(Activity, each.id).label_state for each in both} == {LabelState.RETURNED}


def test_the_queue_is_the_territory_s_the_first_due_first(app, set_now):
    edition = make.make_labelling()
    late = asked(make.make_activity(edition=edition, title="Tôt"))
    make.make_departement("77", "Seine-et-Marne", academie="24", academie_name="Créteil")
    asked(make.make_activity(make.make_site(departement="77"), edition=edition))
    set_now(NOW + timedelta(days=2))
    soon = asked(make.make_activity(edition=edition, title="Tard"))
    assert [dossier.activity.id for dossier in queries.waiting({"91"})] == [late.id, soon.id]
    assert len(queries.waiting(None)) == 3
    assert queries.count_by_state({"91"})[LabelState.ASKED] == 2
    # Thursday 26 November: two working days after the first; the alert is for three.
    assert queries.waiting_long({"91"}) == []
    set_now(NOW + timedelta(days=3))
    assert [dossier.activity.id for dossier in queries.waiting_long({"91"})] == [late.id]


def test_a_copy_has_no_label(app):
    activity = granted()
    with transaction():
        copy = copy_activity(activity.id, activity.contact_id)
        assert (copy.label_state, copy.label_number) == (LabelState.NONE, "")


def test_the_check_finds_a_label_without_history_or_with_another_number(app):
    activity = granted()
    assert label_violations() == []
    rewrite(activity, label_number="FAUX")
    assert label_violations() == ["label-number"]
    rewrite(activity, label_number="", label_state=LabelState.ASKED)
    assert label_violations() == ["label-state"]
    rewrite(make.make_activity(title="Autre"), label_state=LabelState.GRANTED, label_number="9")
    assert set(label_violations()) == {"label-state", "label-number"}


def test_refusals_speak_in_sentences(app):
    for refusal in Refusal.__subclasses__():
        if refusal.__module__ == rules.__name__:
            facts = {"side": "rectorat", "number": "1", "title": "Visite", "why": rules.NoLabelling()}
            assert refusal(**facts).message.endswith((".", "»"))
