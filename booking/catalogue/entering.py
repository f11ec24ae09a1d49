"""What an officer does for a company that asks: its activity described, dated and published once, then the company's.

Whoever calls has checked that the company is of the officer's territory. Everything here flushes; nothing commits.
"""

from __future__ import annotations

from booking.accounts.models import Person
from booking.accounts.queries import confirmed_managers
from booking.catalogue import behalf_mails, services
from booking.catalogue.models import Activity, Slot
from booking.catalogue.rules.activities import ActivityDraft
from booking.catalogue.rules.publication import CompanyNotTrusted, IsTheCompanys
from booking.catalogue.services import SlotDraft
from booking.companies.models import Company, Trust
from booking.core.db import db


def enter_activity(company_id: int, draft: ActivityDraft, officer: Person) -> Activity:
    """A draft of the company, which says who entered it. Refuses: CompanyNotTrusted, and as create_activity."""
    _check_trusted(db.session.get_one(Company, company_id, populate_existing=True))
    return services.create_activity(company_id, draft, entered_by_id=officer.id)


def rewrite_entered(activity_id: int, draft: ActivityDraft) -> None:
    """Refuses: IsTheCompanys, and as edit_activity."""
    _hold(activity_id)
    services.edit_activity(activity_id, draft)


def add_date(activity_id: int, draft: SlotDraft) -> Slot:
    """Refuses: IsTheCompanys, and as create_slot."""
    _hold(activity_id)
    return services.create_slot(activity_id, draft)


def publish_entered(activity_id: int, officer: Person) -> Activity:
    """Put it in the programme and tell the company's managers who did, or its contact when none reads mail.

    Refuses: IsTheCompanys, CompanyNotTrusted, and as publish_activity.
    """
    activity = _hold(activity_id)
    _check_trusted(activity.company)
    services.publish_activity(activity_id)
    for reader in confirmed_managers(activity.company) or [activity.contact]:
        behalf_mails.tell_entered(activity, reader, officer)
    return activity


def _hold(activity_id: int) -> Activity:
    activity = services.hold_activity(activity_id)
    if activity.entered_by_id is None or not activity.is_never_published:
        raise IsTheCompanys()
    return activity


def _check_trusted(company: Company) -> None:
    if company.trust is not Trust.TRUSTED:
        raise CompanyNotTrusted()
