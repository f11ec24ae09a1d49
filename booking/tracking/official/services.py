"""The official list: previewed, then imported. Both read the same way; only the second writes."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from booking.accounts.models import Person
from booking.bookings.declared.rules import firm_key
from booking.catalogue.models import Activity, Edition, PublicationState
from booking.companies.models import Company
from booking.core import clock
from booking.core.db import db
from booking.territory.models import Departement
from booking.territory.rules import fold
from booking.tracking.official.models import ListedEvent
from booking.tracking.official.rules import Event, Limits, Problem, fresh, key_of, read_list
from booking.tracking.scope import Scope


@dataclass(frozen=True)
class Read:
    """One line that makes sense. is_new: neither imported before nor earlier in the file. activity: what it is here."""

    event: Event
    is_new: bool
    activity_id: int | None
    activity_title: str


@dataclass(frozen=True)
class Preview:
    lines: list[Read]
    problems: list[Problem]

    @property
    def new(self) -> list[Read]:
        return [line for line in self.lines if line.is_new]

    @property
    def known(self) -> int:
        return len(self.lines) - len(self.new)

    @property
    def matched(self) -> int:
        return sum(1 for line in self.new if line.activity_id)


def preview_list(content: bytes, edition: Edition, scope: Scope) -> Preview:
    """What an import of this file would do. Refuses: ListTooLarge, UnreadableList, ColumnsMissing."""
    events, problems = read_list(content, _limits(edition, scope))
    known = db.session.scalars(select(ListedEvent).where(ListedEvent.edition_id == edition.id)).all()
    verdicts = fresh(
        events,
        {fold(each.number) for each in known if each.number},
        {key_of(each.title, each.company_name, each.departement_code, each.starts_on) for each in known},
    )
    by_number, by_name = _activities(edition)
    lines = []
    for event in events:
        activity = by_number.get(fold(event.number)) if event.number else None
        activity = activity or by_name.get((fold(event.title), firm_key(event.company)))
        lines.append(Read(event, verdicts[event.line], *(activity or (None, ""))))
    return Preview(lines, problems)


def import_list(content: bytes, edition_id: int, scope: Scope, person: Person | None) -> Preview:
    """Write down the new events of the file; those known already and the wrong lines are left. Refuses as preview_list."""
    # Held first: of two imports of one file, the second finds what the first wrote.
    db.session.execute(update(Edition).where(Edition.id == edition_id).values(name=Edition.name))
    preview = preview_list(content, db.session.get_one(Edition, edition_id), scope)
    for line in preview.new:
        event = line.event
        db.session.add(
            ListedEvent(
                edition_id=edition_id, number=event.number, title=event.title, company_name=event.company,
                departement_code=event.departement, commune=event.commune, starts_on=event.starts_on,
                ends_on=event.ends_on, url=event.url, activity_id=line.activity_id,
                imported_by_id=person.id if person else None, imported_at=clock.now(),
            )
        )  # fmt: skip
    db.session.flush()
    return preview


def _limits(edition: Edition, scope: Scope) -> Limits:
    codes: dict[str, str] = {}
    for code, name in db.session.execute(select(Departement.code, Departement.name)):
        codes |= {fold(code): code, fold(name): code}
    # An event of the week may begin before the bookings' own window does: the window holds the week.
    return Limits(codes, scope.departements, edition.window_starts_on, edition.window_ends_on)


Known = tuple[int, str]


def _activities(edition: Edition) -> tuple[dict[str, Known], dict[tuple[str, str], Known]]:
    """The published activities of the edition, by label's number, and by title and firm."""
    query = (
        select(Activity.id, Activity.title, Activity.label_number, Company.name)
        .join(Company, Company.id == Activity.company_id)
        .where(Activity.edition_id == edition.id, Activity.state == PublicationState.PUBLISHED)
        .order_by(Activity.id.desc())
    )
    by_number: dict[str, Known] = {}
    by_name: dict[tuple[str, str], Known] = {}
    for id_, title, number, company in db.session.execute(query):
        by_name[fold(title), firm_key(company)] = (id_, title)
        if number:
            by_number[fold(number)] = (id_, title)
    return by_number, by_name
