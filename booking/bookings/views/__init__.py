"""The pages of the bookings room, one module per audience."""

from booking.bookings.papers import views as papers
from booking.bookings.views import (
    absences,
    authorisations,
    changes,
    company,
    company_changes,
    day,
    feedback,
    hosting,
    invited,  # noqa: F401  (it declares a page of `/a/<token>`)
    leaving,
    outing,
    premises,
    programme,
    reconfirmed,  # noqa: F401  (it declares a page of `/a/<token>`)
    school,
    school_authorisations,
    shown,
    speakers,
    suggested,
    teacher,
    together,
    visitor,
    waiting,
)

blueprints = [
    absences.bp,
    programme.bp,
    teacher.bp,
    school.bp,
    changes.bp,
    company.bp,
    company_changes.bp,
    day.bp,
    feedback.bp,
    hosting.bp,
    leaving.bp,
    papers.bp,
    premises.bp,
    shown.bp,
    suggested.bp,
    together.bp,
    visitor.bp,
    waiting.bp,
    authorisations.bp,
    school_authorisations.bp,
    outing.bp,
    speakers.bp,
]
