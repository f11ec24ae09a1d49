"""What a company says of itself and of its sites. Classes that have booked are told in the rooms that know them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from booking.companies.models import Company, Site
from booking.companies.rules import SiteKnown, check_pause, check_siret_of
from booking.core import clock
from booking.core.db import db
from booking.territory.models import Commune
from booking.territory.rules import timezone_of


@dataclass(frozen=True)
class CompanyDraft:
    """A company as its manager describes it."""

    name: str
    sector: str
    website: str = ""


@dataclass(frozen=True)
class SiteDraft:
    """A site as its manager describes it: its address, and what a class needs to get in."""

    name: str
    address: str
    postcode: str
    commune: Commune
    access: str = ""
    parking: str = ""
    safety: str = ""


def describe_company(company_id: int, draft: CompanyDraft) -> Company:
    """Keep the company's name, sector and website. Its sites that bore its name take the new one."""
    company = lock_company(company_id)
    for site in company.sites:
        if site.name == company.name:
            site.name = draft.name
    company.name, company.sector, company.website = draft.name, draft.sector, draft.website
    db.session.flush()
    return company


def describe_site(site_id: int, draft: SiteDraft) -> Site:
    """Keep the site's name, address and practical facts. The same commune keeps the point it is known to stand at."""
    site = db.session.get_one(Site, site_id, populate_existing=True)
    _write(site, draft)
    db.session.flush()
    return site


def add_site(company_id: int, siret: str, draft: SiteDraft) -> Site:
    """One more site of the company. Refuses: what the SIRET refuses, NotYourSiren, SiteKnown."""
    company = lock_company(company_id)
    number = check_siret_of(company.siren, siret)
    if db.session.scalar(select(Site.id).where(Site.siret == number)) is not None:
        raise SiteKnown()
    site = Site(company_id=company_id, siret=number, created_at=clock.now())
    _write(site, draft)
    company.sites.append(site)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise SiteKnown() from error
    return site


def pause_company(company_id: int, until: date) -> Company:
    """The company takes no new request up to that day, included; earlier ones keep their course. Refuses: PauseNotPossible."""
    check_pause(until, today=clock.now().date())
    company = lock_company(company_id)
    company.paused_until = until
    db.session.flush()
    return company


def bring_back(company_id: int) -> Company:
    """The company takes requests again, whatever it was paused for; again, it changes nothing."""
    company = lock_company(company_id)
    today = clock.now().date()
    if company.silent_since is not None:
        company.silent_since, company.back_at = None, clock.now()
    if company.paused_until is not None and company.paused_until >= today:
        company.paused_until = today - timedelta(days=1)
    db.session.flush()
    return company


def lock_company(company_id: int) -> Company:
    """Hold the company's row and read it afresh."""
    db.session.execute(update(Company).where(Company.id == company_id).values(name=Company.name))
    return db.session.get_one(Company, company_id, populate_existing=True)


def _write(site: Site, draft: SiteDraft) -> None:
    commune = draft.commune
    if site.commune_insee != commune.insee:
        site.commune_insee, site.commune_name = commune.insee, commune.name
        site.departement_code = commune.departement_code
        site.latitude, site.longitude = commune.latitude, commune.longitude
        site.timezone = timezone_of(commune.departement_code, commune.insee)
    site.name, site.address, site.postcode = draft.name, draft.address, draft.postcode
    site.access, site.parking, site.safety = draft.access, draft.parking, draft.safety
