"""What other rooms' pages show of needs: the form on an activity's page, the lists of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask_login import current_user

from booking.accounts.permissions import my_schools
from booking.bookings.queries import saved_classes
from booking.catalogue.models import Activity, BookedBy
from booking.companies.models import Company
from booking.core.i18n import _l
from booking.matching import queries
from booking.matching.forms import WishesForm
from booking.matching.models import Need, NeedState
from booking.matching.rules import Cap, Wish
from booking.schools.models import Audience, SchoolClass

bp = Blueprint("needs_shown", __name__)

STATE_WORDS: dict[NeedState, tuple[Any, str]] = {
    NeedState.OPEN: (_l("attend l’entreprise"), "warn"),
    NeedState.ANSWERED: (_l("date proposée"), "ok"),
    NeedState.DECLINED: (_l("refusée"), "stop"),
    NeedState.WITHDRAWN: (_l("retirée"), "plain"),
    NeedState.EXPIRED: (_l("sans réponse"), "stop"),
}


@dataclass(frozen=True)
class WishPanel:
    """What an activity's page says of dates to agree; the form is there once the reader has a class to ask for."""

    cap: Cap
    classes: list[SchoolClass]
    form: WishesForm
    is_teacher: bool


def panel_of(activity: Activity, form: WishesForm | None = None) -> WishPanel:
    classes = classes_for(activity)
    return WishPanel(queries.cap_of(activity), classes, form or WishesForm(classes, formdata=None), bool(my_schools()))


def classes_for(activity: Activity) -> list[SchoolClass]:
    """The person's saved classes, or groups of staff, that this kind of activity is for."""
    if not current_user.is_authenticated or activity.booked_by is BookedBy.NONE:
        return []
    wants_staff = activity.booked_by is BookedBy.STAFF
    return [each for each in saved_classes(current_user) if (each.audience is Audience.STAFF) is wants_staff]


def my_needs() -> Sequence[Need]:
    """Those that a teacher's list of bookings still has to show: answered ones are bookings there."""
    return [need for need in queries.needs_of_teacher(current_user.id) if need.state is not NeedState.ANSWERED]


def company_needs(company: Company) -> Sequence[Need]:
    return queries.open_needs_of_company(company.id)


@bp.app_context_processor
def _globals() -> dict[str, Any]:
    return {
        "company_needs": company_needs,
        "dates_asked": queries.count_open_needs,
        "my_needs": my_needs,
        "need_state_words": STATE_WORDS,
        "wish_panel": panel_of,
    }


@bp.app_template_filter("wish_words")
def _wish_words(need: Need) -> list[str]:
    return [Wish.from_json(row).words for row in need.wishes]
