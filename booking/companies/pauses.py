"""A company that takes no new request for a time: it left too many unanswered, or it said so itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, and_, or_

from booking.companies.models import Company


def is_paused(company: Company, today: date) -> bool:
    """Whether the company takes no new request that day; what it has received it still answers."""
    return company.silent_since is not None or (company.paused_until is not None and company.paused_until >= today)


def takes_requests(today: date) -> ColumnElement[bool]:
    """The contrary, for a query that joins the company."""
    return and_(Company.silent_since.is_(None), or_(Company.paused_until.is_(None), Company.paused_until < today))
