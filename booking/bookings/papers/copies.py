"""A copy of a paper as it is printed now: the version's own words, and what only the copy carries.

A square code leads where a link leads today, and a teacher's mobile is given for three days: neither is agreed, nor kept.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import url_for

from booking.bookings.day_sheets import line_of
from booking.bookings.papers import queries, texts
from booking.bookings.papers.blocks import Block
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.models import Paper
from booking.bookings.papers.printing import pdf_of, qr_svg
from booking.bookings.services.day_links import day_sheet_token
from booking.catalogue.models import Slot
from booking.mail.identity import absolute_url


def copy_of(paper: Paper) -> bytes:
    """The PDF of this version. The same version gives the same bytes, but for a day sheet's telephones and link."""
    content = {**paper.content, "blocks": [*paper.content["blocks"], *_only_on_copies(paper)]}
    return pdf_of(content, paper.made_at)


def _only_on_copies(paper: Paper) -> list[Block]:
    if paper.code is not None and paper.booking is not None:
        address = verification_url(paper.code)
        day = paper.made_at.astimezone(ZoneInfo(paper.booking.slot.timezone)).date()
        return [texts.verification(qr_svg(address), address, paper.code, day)]
    if paper.kind is PaperKind.DAY_SHEET and paper.slot is not None:
        return _of_the_day(paper.slot)
    return []


def _of_the_day(slot: Slot) -> list[Block]:
    lines = [line_of(booking) for booking in queries.expected_on(slot)]
    telephones = [
        (f"{line.booking.class_name}, {line.teacher}".rstrip(", "), line.mobile) for line in lines if line.mobile
    ]
    token = day_sheet_token(slot)
    path = url_for("accounts.action", token=token) if token else _signed_in_page(slot)
    address = absolute_url(path)
    return [*texts.mobiles(telephones), texts.day_page(qr_svg(address), address, needs_account=token is None)]


def _signed_in_page(slot: Slot) -> str:
    return url_for("day.sheet", company_id=slot.activity.company_id, day=slot.local_start.date().isoformat())


def verification_url(code: str) -> str:
    return absolute_url(url_for("papers.verify", code=code))


def file_name(paper: Paper) -> str:
    """« convention-12-v2.pdf »: no accent, and nobody's name."""
    return f"{paper.kind}-{paper.booking_id or paper.slot_id}-v{paper.version}.pdf"
