"""Reads about places: days off, territories, communes by name or postcode."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import case, func, or_, select

from booking.core.db import db
from booking.territory.models import Academie, Commune, Departement, SchoolHoliday
from booking.territory.rules import HolidayCalendar, Period, fold

MOST_TERMS = 8
SAINTS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}


def holiday_calendar(departement_code: str) -> HolidayCalendar:
    """The days off of the schools of a département, loaded once for as many days as the caller asks about."""
    zone = select(Departement.holiday_zone).where(Departement.code == departement_code).scalar_subquery()
    found = db.session.execute(
        select(SchoolHoliday.name, SchoolHoliday.first_on, SchoolHoliday.last_on)
        .where(SchoolHoliday.zone == zone)
        .order_by(SchoolHoliday.first_on)
    )
    return HolidayCalendar(departement_code, tuple(Period(*row) for row in found))


def holiday_calendars(departement_codes: Collection[str]) -> dict[str, HolidayCalendar]:
    """The same for several départements, in one read."""
    query = (
        select(Departement.code, SchoolHoliday.name, SchoolHoliday.first_on, SchoolHoliday.last_on)
        .join(SchoolHoliday, SchoolHoliday.zone == Departement.holiday_zone)
        .where(Departement.code.in_(departement_codes))
        .order_by(SchoolHoliday.first_on)
    )
    periods: dict[str, list[Period]] = {code: [] for code in departement_codes}
    for code, *period in db.session.execute(query):
        periods[code].append(Period(*period))
    return {code: HolidayCalendar(code, tuple(found)) for code, found in periods.items()}


def departements() -> Sequence[Departement]:
    """All of them, in the order of their codes."""
    return db.session.scalars(select(Departement).order_by(Departement.code)).all()


def academies() -> Sequence[Academie]:
    """All of them, by name."""
    return db.session.scalars(select(Academie).order_by(Academie.name)).all()


def regions_academiques() -> list[str]:
    """The names of the régions académiques."""
    return list(db.session.scalars(select(Academie.region_academique).distinct().order_by(Academie.region_academique)))


def departements_of_academie(code: str) -> list[str]:
    """The codes of the départements of an académie."""
    return list(
        db.session.scalars(select(Departement.code).where(Departement.academie_code == code).order_by(Departement.code))
    )


def departements_of_region(region_academique: str) -> list[str]:
    """The codes of the départements of a région académique."""
    return list(
        db.session.scalars(
            select(Departement.code)
            .join(Academie, Departement.academie_code == Academie.code)
            .where(Academie.region_academique == region_academique)
            .order_by(Departement.code)
        )
    )


def search_communes(text: str, limit: int = 10) -> Sequence[Commune]:
    """Communes whose name or postcodes hold every word of the text, the best first: same name, then its beginning,
    then the most inhabitants."""
    terms = [SAINTS.get(term, term) for term in fold(text).split()[:MOST_TERMS]]
    if not terms:
        return []
    name = " ".join(terms)
    rank = case(
        (Commune.search_name == name, 0),
        (Commune.search_name.like(f"{name} %"), 1),
        (Commune.search_name.like(f"{name}%"), 2),
        else_=3,
    )
    return db.session.scalars(
        select(Commune)
        .where(*(_holds(term) for term in terms))
        .order_by(rank, func.coalesce(Commune.population, 0).desc(), Commune.insee)
        .limit(limit)
    ).all()


def communes_of_postcode(postcode: str) -> Sequence[Commune]:
    """The communes that have this postcode, the largest first; none for a postcode of firms (CEDEX)."""
    digits = "".join(postcode.split())
    if len(digits) != 5 or not digits.isalnum():
        return []
    return db.session.scalars(
        select(Commune)
        .where(Commune.postcodes.contains(digits, autoescape=True))
        .order_by(func.coalesce(Commune.population, 0).desc(), Commune.insee)
    ).all()


def communes_named(name: str) -> Sequence[Commune]:
    """The communes of that name, whatever its accents and hyphens, the largest first."""
    folded = " ".join(SAINTS.get(term, term) for term in fold(name).split())
    return db.session.scalars(
        select(Commune)
        .where(Commune.search_name == folded)
        .order_by(func.coalesce(Commune.population, 0).desc(), Commune.insee)
    ).all()


def _holds(term: str):
    # A folded term has letters and digits only: nothing in it means anything to LIKE.
    if term.isdigit():
        return or_(Commune.postcodes.like(f"{term}%"), Commune.postcodes.like(f"% {term}%"), Commune.insee == term)
    return or_(Commune.search_name.like(f"{term}%"), Commune.search_name.like(f"% {term}%"))
