"""An académie's officer, or an administrator, merges two schools when a UAI changes: shown first, done on a second click."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload
from wtforms import StringField, ValidationError
from wtforms.validators import InputRequired

from booking.accounts.models import OVERSIGHT_ROLES, MemberRole, Membership
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.fields import at_most, clean_line
from booking.core.forms import Form
from booking.core.i18n import _, _l
from booking.schools.models import School
from booking.schools.rules import check_uai
from booking.tracking import people
from booking.tracking.groups_views import makes_groups
from booking.tracking.merging import check_merge, merge_schools, what_moves
from booking.tracking.models import SchoolMerge
from booking.tracking.scope import Scope
from booking.tracking.views import bp

_CODE = {"autocomplete": "off", "maxlength": "12"}


class MergeForm(Form):
    """The two codes. scope: schools of elsewhere are not found."""

    old = StringField(
        _l("Ancien code UAI"), filters=[clean_line], validators=[InputRequired(_l("Écrivez un code UAI.")), at_most(12)],
        render_kw=_CODE,
    )  # fmt: skip
    new = StringField(
        _l("Nouveau code UAI"), filters=[clean_line], validators=[InputRequired(_l("Écrivez un code UAI.")), at_most(12)],
        render_kw=_CODE,
    )  # fmt: skip

    def __init__(self, scope: Scope, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scope = scope
        self.found: dict[str, School] = {}

    def validate_old(self, field: Any) -> None:
        self._find(field)

    def validate_new(self, field: Any) -> None:
        self._find(field)

    def _find(self, field: Any) -> None:
        try:
            uai = check_uai(field.data or "")
        except Refusal as refusal:
            raise ValidationError(refusal.message) from None
        school = db.session.scalar(self.scope.school_rows(select(School).where(School.uai == uai)))
        if school is None:
            raise ValidationError(_("Aucun établissement du territoire n’a ce code."))
        self.found[field.short_name] = school


@bp.app_template_global()
def merges_schools(membership: Membership) -> bool:
    """Whether this person merges schools, for the links of other pages."""
    return membership.role is MemberRole.ADMIN or makes_groups(membership)


@bp.route("/<int:membership_id>/schools/merge", methods=["GET", "POST"])
@signed_in_required
def merge(membership_id: int) -> Any:
    """GET asks for the codes; a POST shows what would move; another, confirmed, moves it."""
    membership, scope = _merging_or_404(membership_id)
    form = MergeForm(scope)
    shown = None
    if form.validate_on_submit():
        old, new = form.found["old"], form.found["new"]
        try:
            if request.form.get("step") == "merge":
                names = old.one_line, new.one_line
                with transaction():
                    merge_schools(old.id, new.id, current_user)
                flash(_("%(old)s est réuni à %(new)s : tout a suivi.", old=names[0], new=names[1]), "success")
                return redirect(url_for(".merge", membership_id=membership_id))
            check_merge(old, new)
            shown = (old, new, what_moves(old))
        except Refusal as refusal:
            form.refuse(refusal)
    membership, scope = _merging_or_404(membership_id)
    return render_template(
        "tracking/merge.html", membership=membership, scope=scope, form=form, shown=shown, done=_done_in(scope)
    )


def _done_in(scope: Scope) -> list[SchoolMerge]:
    here = scope.school_rows(select(School.id))
    query = (
        select(SchoolMerge)
        .where(or_(SchoolMerge.old_id.in_(here), SchoolMerge.new_id.in_(here)))
        .options(joinedload(SchoolMerge.old), joinedload(SchoolMerge.new), joinedload(SchoolMerge.person))
    )
    return list(db.session.scalars(query.order_by(SchoolMerge.id.desc()).limit(50)))


def _merging_or_404(membership_id: int) -> tuple[Membership, Scope]:
    """One's own membership; 403 for a territory that is smaller than an académie."""
    for membership in my_memberships(*OVERSIGHT_ROLES):
        if membership.id == membership_id:
            if not merges_schools(membership):
                abort(403)
            return membership, people.queue_scope(membership)
    abort(404)
