"""The label in the demo: criteria of the current edition, activities that bear it, and a queue with one of each state."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from booking.accounts.models import Membership, Person, ScopeKind
from booking.catalogue.labelling import services
from booking.catalogue.labelling.models import CriterionFact, LabelCriterion, LabelStep, ReturnReason
from booking.catalogue.labelling.queries import criteria_of, facts_of
from booking.catalogue.labelling.rules import fingerprint
from booking.catalogue.models import Activity, Edition
from booking.catalogue.search import index_activity
from booking.core.db import db
from booking.demo.services.offers import Offered
from booking.demo.services.people import Cast

EVERY_LABELLED = 6
CRITERIA = (
    ("L’activité est gratuite pour les classes.", "The activity is free of charge for classes.", CriterionFact.NONE),
    (
        "Ses dates sont dans la période de l’édition.",
        "Its dates are within the period of the edition.",
        CriterionFact.IN_WINDOW,
    ),
    (
        "Elle fait connaître l’industrie ou ses métiers.",
        "It is about industry or its trades.",
        CriterionFact.INDUSTRY,
    ),
    (
        "Elle est ouverte à des classes, sans choix de l’entreprise.",
        "It is open to classes, without the company choosing among them.",
        CriterionFact.OPEN_TO_PUBLIC,
    ),
)


def make_labels(edition: Edition, cast: Cast, offered: Offered) -> None:
    """Labels given, one request that is late, one asked again after a return, one new, one returned."""
    edition.labelling_enabled = True
    services.set_criteria(
        edition.id,
        [LabelCriterion(wording=fr, wording_en=en, fact=fact) for fr, en, fact in CRITERIA],
    )
    activities = [activity for _demo, activity in offered.hosted if activity.edition_id == edition.id]
    officer = cast.officer.memberships[0]
    for activity in activities[::EVERY_LABELLED]:
        _ask(activity)
        services.grant_label(activity.id, officer, number=services.next_number(activity), seen=_seen(activity))
    here = [
        activity
        for number, activity in enumerate(activities)
        if number % EVERY_LABELLED and activity.site.departement.academie_code == officer.scope_code
    ]
    late, again, new, returned = here[:4]
    prefecture = db.session.scalars(select(Membership).where(Membership.scope_kind == ScopeKind.PREFECTURE)).first()
    _ask(late)
    _shift(late, days=9)
    if prefecture and late.site.departement_code == prefecture.scope_code:
        services.give_opinion(late.id, prefecture, favourable=True, seen=_seen(late))
    _come_back(again, officer)
    _ask(new)
    _ask(returned)
    services.return_label(
        returned.id,
        officer,
        reasons=[ReturnReason.SAFETY],
        note="Dites combien d’accompagnateurs suivent chaque groupe dans l’atelier.",
        seen=_seen(returned),
    )
    db.session.flush()


def _come_back(activity: Activity, officer: Membership) -> None:
    """Returned because it did not say that it is free; its company has mended it since."""
    summary = activity.summary
    _ask(activity)
    services.return_label(
        activity.id, officer, reasons=[ReturnReason.NOT_FREE], note="Écrivez-le dans le résumé.", seen=_seen(activity)
    )
    _shift(activity, days=6)
    activity.summary = f"{summary} Gratuit, transport à la charge de l’établissement."
    db.session.flush()
    index_activity(activity)
    _ask(activity, "Nous l’avons ajouté au résumé.")


def _ask(activity: Activity, note: str = "") -> None:
    person = db.session.get_one(Person, activity.contact_id)
    services.ask_label(activity.id, person, [criterion.id for criterion in criteria_of(activity.edition_id)], note)


def _shift(activity: Activity, *, days: int) -> None:
    """What was done today was done some days ago."""
    for step in db.session.scalars(select(LabelStep).where(LabelStep.activity_id == activity.id)):
        step.at -= timedelta(days=days)
        if step.due_at:
            step.due_at -= timedelta(days=days)
    db.session.flush()


def _seen(activity: Activity) -> str:
    db.session.expire(activity, ["slots"])
    return fingerprint(facts_of(activity))
