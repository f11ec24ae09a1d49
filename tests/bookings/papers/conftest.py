"""A class, its visit, and readers of the PDFs that are made of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pypdfium2 as pdfium
import pytest
from flask import Flask

from booking.bookings.models import Booking
from booking.bookings.papers import services
from booking.bookings.papers.kinds import PaperKind
from booking.bookings.papers.models import Paper
from booking.bookings.rules.states import State
from booking.core.db import transaction
from tests import make


@pytest.fixture
def request_context(app: Flask):
    """A copy names addresses of this site."""
    with app.test_request_context():
        yield


@pytest.fixture
def activity(app: Flask):
    site = make.make_site(safety="Rester derrière les lignes jaunes.")
    return make.make_activity(site, equipment="Casque prêté", identity_check=True, identity_notice_days=10)


@pytest.fixture
def booking(activity) -> Booking:
    """A 4e B of 27 pupils, on a morning within school hours."""
    teacher = make.make_teacher(mobile="06 12 34 56 78")
    slot = make.make_slot(activity, local_start=datetime(2027, 1, 12, 9, 30))
    return make.make_booking(slot, make.make_class(teacher))


@pytest.fixture
def visited(activity) -> Booking:
    """A class that came with two pupils fewer."""
    slot = make.make_slot(activity, local_start=datetime(2026, 11, 20, 9, 30))
    return make.make_booking(slot, state=State.ATTENDED, present_pupils=25, present_adults=3)


@pytest.fixture
def made() -> Callable[..., Paper]:
    def make_one(booking: Booking, kind: PaperKind) -> Paper:
        with transaction():
            return services.make_paper(booking.id, kind, booking.teacher)

    return make_one


def text_of(pdf: bytes) -> str:
    """What a reader of the PDF finds, each run of white space as one space."""
    document = pdfium.PdfDocument(pdf)
    pages = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    return re.sub(r"[\s\u00a0\u200b\ufffe]+", " ", " ".join(pages)).strip()


def pages_of(pdf: bytes) -> int:
    return len(pdfium.PdfDocument(pdf))
