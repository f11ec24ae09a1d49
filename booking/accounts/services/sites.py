"""The site that somebody comes from, when their company is known and this site of it is not (decision 032)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from booking.accounts.models import Membership
from booking.companies.models import Company, Site
from booking.companies.rules import SiteKnown
from booking.companies.services import SiteDraft, add_site
from booking.core.db import db
from booking.territory.models import Commune


@dataclass(frozen=True)
class Firm:
    """The site that a company member comes from."""

    siret: str
    name: str
    sector: str
    address: str
    postcode: str
    commune: Commune


def propose_site(membership: Membership, siret: str, firm: Firm) -> None:
    """Write down the site that the newcomer comes from, unless it is there: nothing of the company changes yet."""
    if db.session.scalar(select(Site.id).where(Site.siret == siret)) is None:
        membership.proposed_site = {
            "siret": siret,
            "name": firm.name,
            "address": firm.address,
            "postcode": firm.postcode,
            "commune_insee": firm.commune.insee,
            "commune_name": firm.commune.name,
        }


def open_proposed_site(membership: Membership, company: Company) -> Site | None:
    """The site that a member who is in proposed becomes one of the company's; None when there is none to open."""
    proposed, membership.proposed_site = membership.proposed_site, None
    commune = db.session.get(Commune, proposed["commune_insee"]) if proposed else None
    if proposed is None or commune is None:
        return None
    draft = SiteDraft(proposed["name"], proposed["address"], proposed["postcode"], commune)
    try:
        with db.session.begin_nested():
            return add_site(company.id, proposed["siret"], draft)
    except SiteKnown:
        return None  # a colleague added it meanwhile
