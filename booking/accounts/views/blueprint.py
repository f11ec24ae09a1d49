"""The blueprint of accounts, and the words for roles that its pages share."""

from __future__ import annotations

from flask import Blueprint

from booking.accounts import queries
from booking.accounts.models import MemberRole, Membership
from booking.core.i18n import _l

bp = Blueprint("accounts", __name__)

ROLE_WORDS = {
    MemberRole.TEACHER: _l("Enseignant"),
    MemberRole.HEAD: _l("Chef d’établissement"),
    MemberRole.DELEGATE: _l("Délégué du chef d’établissement"),
    MemberRole.HOST: _l("Accueille les classes"),
    MemberRole.HOST_MANAGER: _l("Responsable"),
    MemberRole.OFFICER: _l("Suit un territoire"),
    MemberRole.ADMIN: _l("Administre le service"),
}


@bp.app_template_global()
def role_words(membership: Membership, *, short: bool = False) -> str:
    """« Enseignant – Collège Louis Pasteur, Brunoy »; the role alone when short."""
    role = str(ROLE_WORDS[membership.role])
    place = "" if short else queries.place_words(membership)
    return f"{role} – {place}" if place else role
