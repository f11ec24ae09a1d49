"""Who may: rights come from active memberships, role and scope. Another's object is a 404."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask_login import current_user

from booking.accounts.models import COMPANY_ROLES, SCHOOL_ROLES, MemberRole, Membership
from booking.companies.models import Company
from booking.schools.models import School
from booking.schools.queries import school_by_uai


def signed_in_required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: sends an anonymous visitor to the sign-in page, then back here."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        return view(*args, **kwargs)

    return guarded


def my_memberships(*roles: MemberRole) -> list[Membership]:
    """The active memberships of the person of this request, of these roles (any role if none is given)."""
    if not current_user.is_authenticated:
        return []
    return [m for m in current_user.memberships if m.is_active and (not roles or m.role in roles)]


def my_schools() -> list[School]:
    """The schools where the person teaches or answers for outings."""
    seen: dict[int, School] = {m.school.id: m.school for m in my_memberships(*SCHOOL_ROLES) if m.school}
    return list(seen.values())


def company_or_404(company_id: int, *roles: MemberRole) -> Company:
    """The company, for its members only: 404 for anybody else, 403 when `roles` are asked and the member has none."""
    mine = [m for m in my_memberships(*COMPANY_ROLES) if m.company_id == company_id]
    if not mine:
        abort(404)
    if roles and not any(m.role in roles for m in mine):
        abort(403)
    return mine[0].company  # type: ignore[return-value]


def school_or_404(uai: str, *roles: MemberRole) -> School:
    """The school, for its members only: 404 for anybody else, 403 when `roles` are asked and the member has none."""
    mine = [m for m in my_memberships(*SCHOOL_ROLES) if m.school and m.school.uai == uai.upper()]
    if moved := _moved_to(uai) if not any(m.is_active for m in mine) else None:
        mine = [m for m in my_memberships(*SCHOOL_ROLES) if m.school_id == moved.id]
        if mine and request.method == "GET":
            # An old code in a bookmark or a mail: the address of the school that took it over.
            abort(redirect(url_for(request.endpoint or "", **{**(request.view_args or {}), "uai": moved.uai}), 301))
    if not mine:
        abort(404)
    if roles and not any(m.role in roles for m in mine):
        abort(403)
    return mine[0].school  # type: ignore[return-value]


def _moved_to(uai: str) -> School | None:
    """The school that took over the one of this code."""
    found = school_by_uai(uai)
    return found if found is not None and found.uai != uai.upper() else None


def officer_membership_or_404(membership_id: int) -> Membership:
    """The officer's membership that names the territory of the page; 404 unless it is theirs."""
    for membership in my_memberships(MemberRole.OFFICER):
        if membership.id == membership_id:
            return membership
    abort(404)


def safe_next(default: str) -> str:
    """Where to go after an action: the `next` of the request when it is a path of this site, else `default`."""
    target = request.values.get("next", "")
    return target if is_local_path(target) else default


def is_local_path(target: str) -> bool:
    """Whether a browser sent there stays on this site: browsers read a backslash as a slash and skip tabs and newlines."""
    return (
        target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and not any(ord(letter) < 33 or ord(letter) == 127 for letter in target)
    )
