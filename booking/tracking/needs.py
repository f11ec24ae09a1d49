"""What classes of a territory looked for and did not find, by sector, level and commune; and the companies that are paused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import not_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from booking.accounts.models import Person
from booking.bookings.answering import answering_of
from booking.bookings.rules.scores import Answering
from booking.catalogue.models import Activity, ActivityKind, Edition, PublicationState
from booking.catalogue.rules.wording import KIND_WORDS
from booking.companies.models import Company, Site, Trust
from booking.companies.pauses import takes_requests
from booking.companies.rules import sector_label
from booking.core import clock
from booking.core.db import db
from booking.core.i18n import _, _l
from booking.matching.models import Need, NeedState
from booking.matching.rules import Wish
from booking.schools.rules import level_label
from booking.tracking.filters import Filters
from booking.tracking.scope import Scope

# A need that was taken back, or answered with a date, is not one that nobody met.
UNMET = (NeedState.OPEN, NeedState.EXPIRED, NeedState.DECLINED)
STATE_WORDS = {
    NeedState.OPEN: _l("en cours"),
    NeedState.EXPIRED: _l("restée sans réponse"),
    NeedState.DECLINED: _l("refusée"),
}


@dataclass(frozen=True)
class Line:
    """How many needs share something. classes: distinct; pupils: of these classes, each once."""

    label: str
    needs: int
    running: int
    classes: int
    pupils: int


def unmet_needs(scope: Scope, edition: Edition, filters: Filters) -> list[Need]:
    """The needs of the territory's classes that nobody met, the latest first.

    For the dates of an activity, those of its edition; for any visit, those that wish for a day of the edition's window.
    """
    query = scope.school_rows(
        select(Need)
        .join(Need.school)
        .join(Need.school_class)
        .where(Need.state.in_(UNMET))
        .options(contains_eager(Need.school), contains_eager(Need.school_class), joinedload(Need.activity))
    )
    query = filters.of_needs(query)
    found = db.session.scalars(query.order_by(Need.created_at.desc(), Need.id.desc())).unique()
    return [need for need in found if _is_of_edition(need, edition) and _suits(need, filters)]


def _is_of_edition(need: Need, edition: Edition) -> bool:
    if need.activity is not None:
        return need.activity.edition_id == edition.id
    return edition.is_permanent or _wishes_within(need, edition.window_starts_on, edition.window_ends_on)


def _suits(need: Need, filters: Filters) -> bool:
    """What the need says in lists: its sectors, its kinds, its dates."""
    if filters.sector and filters.sector not in sectors_of(need):
        return False
    if filters.kind and filters.kind not in kinds_of(need):
        return False
    return not (filters.first_on or filters.last_on) or _wishes_within(need, filters.first_on, filters.last_on)


def _wishes_within(need: Need, first_on: date | None, last_on: date | None) -> bool:
    wishes = [Wish.from_json(row) for row in need.wishes]
    return any(
        (last_on is None or wish.first_on <= last_on) and (first_on is None or wish.last_on >= first_on)
        for wish in wishes
    )


def sectors_of(need: Need) -> list[str]:
    """Those it asks for; none when any would do."""
    return [need.activity.sector] if need.activity is not None else list(need.sectors)


def kinds_of(need: Need) -> list[str]:
    return [need.activity.kind.value] if need.activity is not None else list(need.kinds)


def sector_words(need: Need) -> list[str]:
    return [sector_label(sector) for sector in sectors_of(need)] or [_("tous secteurs")]


def kind_words(need: Need) -> list[str]:
    return [str(KIND_WORDS[ActivityKind(kind)]) for kind in kinds_of(need)] or [_("toutes formes")]


def whole(needs: Sequence[Need]) -> Line:
    return _line("", needs)


def by_sector(needs: Iterable[Need]) -> list[Line]:
    """A need that names two sectors is in both lines."""
    return _lines(needs, sector_words)


def by_level(needs: Iterable[Need]) -> list[Line]:
    return _lines(needs, lambda need: [level_label(need.school_class.level_code) or _("niveau non dit")])


def by_commune(needs: Iterable[Need]) -> list[Line]:
    """Two communes of one name are two lines."""
    return _lines(needs, lambda need: [f"{need.school.commune_name} ({need.school.departement_code})"])


def _lines(needs: Iterable[Need], labels: Callable[[Need], list[str]]) -> list[Line]:
    found: dict[str, list[Need]] = defaultdict(list)
    for need in needs:
        for label in labels(need):
            found[label].append(need)
    lines = [_line(label, among) for label, among in found.items()]
    return sorted(lines, key=lambda line: (-line.needs, line.label))


def _line(label: str, needs: Sequence[Need]) -> Line:
    pupils = {need.class_id: need.school_class.pupils for need in needs}
    running = sum(need.state is NeedState.OPEN for need in needs)
    return Line(label, len(needs), running, len(pupils), sum(pupils.values()))


# ---- Companies that take no request


@dataclass(frozen=True)
class PausedCompany:
    """communes: of its sites in the territory. contacts: of its published activities, to call. answering: of a year."""

    company: Company
    communes: list[str]
    contacts: list[Person]
    answering: Answering

    @property
    def call(self) -> list[str]:
        """« Karim Leroy, 01 60 00 00 00 »."""
        return [", ".join(filter(None, (person.known_as, person.phone))) for person in self.contacts]


def paused_companies(scope: Scope) -> list[PausedCompany]:
    """Those with a site in the territory, the ones that answer nobody first, the latest to fall silent on top."""
    today = clock.now().date()
    sites = scope.site_rows(
        select(Site).join(Company).where(Company.trust == Trust.TRUSTED, not_(takes_requests(today)))
    )
    communes: dict[int, set[str]] = defaultdict(set)
    for site in db.session.scalars(sites):
        communes[site.company_id].add(site.commune_name)
    companies = db.session.scalars(
        select(Company).where(Company.id.in_(communes)).order_by(Company.name, Company.id)
    ).all()
    contacts = _contacts(list(communes))
    habits = answering_of(communes)
    found = [
        PausedCompany(each, sorted(communes[each.id]), contacts[each.id], habits.get(each.id, Answering()))
        for each in companies
    ]
    return sorted(found, key=_latest_first)


def count_silent(scope: Scope) -> int:
    """How many companies of the territory answer nobody."""
    sites = scope.site_rows(
        select(Site.company_id).join(Company).where(Company.trust == Trust.TRUSTED, Company.silent_since.is_not(None))
    )
    return len(set(db.session.scalars(sites)))


def _latest_first(each: PausedCompany) -> tuple[bool, float]:
    since = each.company.silent_since
    return since is None, -since.timestamp() if since else 0.0


def _contacts(company_ids: list[int]) -> dict[int, list[Person]]:
    query = (
        select(Activity)
        .where(Activity.company_id.in_(company_ids), Activity.state == PublicationState.PUBLISHED)
        .options(selectinload(Activity.contact))
        .order_by(Activity.id)
    )
    found: dict[int, list[Person]] = defaultdict(list)
    for activity in db.session.scalars(query):
        if activity.contact not in found[activity.company_id]:
            found[activity.company_id].append(activity.contact)
    return found


def row_of(need: Need) -> list[Any]:
    """A need for a spreadsheet: no name of a class, nor of its teacher."""
    school = need.school
    return [
        need.id, need.created_at.strftime("%d/%m/%Y"), str(STATE_WORDS[need.state]), school.uai, school.name,
        school.commune_name, school.departement_code, school.priority_education or "",
        level_label(need.school_class.level_code), need.school_class.pupils, ", ".join(sector_words(need)),
        ", ".join(kind_words(need)), need.theme, " ; ".join(Wish.from_json(row).words for row in need.wishes),
        need.radius_km or "",
    ]  # fmt: skip
