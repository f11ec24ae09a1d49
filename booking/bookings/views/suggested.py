"""What pages show of scores: the visits that suit a class best, and how a company usually answers."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, request
from flask_login import current_user

from booking.bookings.answering import answering_of
from booking.bookings.queries import saved_classes, usual_class
from booking.bookings.rules.scores import Answering
from booking.bookings.suggestions import Suggestion, suggestions
from booking.schools.models import Audience, SchoolClass

bp = Blueprint("suggested", __name__)


@dataclass(frozen=True)
class ForClass:
    """The suggestions for one of the person's classes; the others to choose from."""

    school_class: SchoolClass
    others: list[SchoolClass]
    found: list[Suggestion]


@bp.app_template_global("for_your_class")
def for_your_class() -> ForClass | None:
    """For the class that the address asks for, else the usual one; nothing without a class of pupils."""
    classes = [each for each in saved_classes(current_user) if each.audience is Audience.PUPILS]
    wanted = request.args.get("class_id", type=int)
    chosen = next((each for each in classes if each.id == wanted), None) or usual_class(classes, current_user.id)
    if chosen is None:
        return None
    return ForClass(chosen, [each for each in classes if each is not chosen], suggestions(chosen))


@bp.app_template_global("answering_words")
def answering_words(company_id: int) -> str:
    """« répond en général sous 1 jour ouvré »; nothing while too few requests speak."""
    return str(answering_of({company_id}).get(company_id, Answering()).words)
