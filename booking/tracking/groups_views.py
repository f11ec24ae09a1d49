"""An académie's groups of schools: made, renamed, filled, emptied, and entrusted to whoever follows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from booking.accounts import services as accounts
from booking.accounts.models import Membership, ScopeKind
from booking.accounts.permissions import officer_membership_or_404, signed_in_required
from booking.accounts.queries import followers_of_group
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _, _n
from booking.schools import groups
from booking.schools.models import School, SchoolGroup
from booking.schools.queries import search_schools
from booking.territory.models import Academie, Departement
from booking.tracking.forms import EntrustForm, GroupForm, SchoolsForm
from booking.tracking.scope import Scope, scope_of
from booking.tracking.views import bp

# A département or a préfecture has no say in how the schools of an académie are grouped.
GROUPING = frozenset({ScopeKind.NATIONAL, ScopeKind.REGION_ACADEMIQUE, ScopeKind.ACADEMIE})
MOST_FOUND = 40


@bp.app_template_global()
def makes_groups(membership: Membership) -> bool:
    """Whether this officer groups schools, for the links of the board."""
    return membership.scope_kind in GROUPING


@bp.route("/<int:membership_id>/groups", methods=["GET", "POST"])
@signed_in_required
def school_groups(membership_id: int) -> Any:
    """The groups of the territory, and the form of a new one."""
    membership, scope = _grouping_or_404(membership_id)
    form = GroupForm(_academies(scope))
    if form.validate_on_submit():
        try:
            with transaction():
                group_id = groups.create_group(form.academie.data, form.name.data or "").id
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("Le groupe est créé ; ajoutez-y des établissements."), "success")
            return redirect(url_for(".school_group", membership_id=membership_id, group_id=group_id))
    found = db.session.scalars(scope.group_rows(select(SchoolGroup)).order_by(SchoolGroup.name, SchoolGroup.id)).all()
    sizes = groups.sizes_of_groups([group.id for group in found])
    return render_template(
        "tracking/groups.html", membership=membership, scope=scope, groups=found, sizes=sizes, form=form
    )


@bp.get("/<int:membership_id>/groups/<int:group_id>")
@signed_in_required
def school_group(membership_id: int, group_id: int) -> str:
    """One group: its schools, a search for others, its name, its followers."""
    membership, scope = _grouping_or_404(membership_id)
    return _page(membership, scope, _group_or_404(scope, group_id))


@bp.post("/<int:membership_id>/groups/<int:group_id>/name")
@signed_in_required
def rename_group(membership_id: int, group_id: int) -> Any:
    membership, scope = _grouping_or_404(membership_id)
    group = _group_or_404(scope, group_id)
    form = _name_form(group)
    if form.validate_on_submit():
        try:
            with transaction():
                groups.rename_group(group_id, form.name.data or "")
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _done(membership_id, group_id, _("Le groupe est renommé."))
    return _page(membership, scope, _group_or_404(scope, group_id), name_form=form)


@bp.post("/<int:membership_id>/groups/<int:group_id>/schools")
@signed_in_required
def add_to_group(membership_id: int, group_id: int) -> Any:
    """The schools ticked in a search, or typed by their codes, enter the group."""
    membership, scope = _grouping_or_404(membership_id)
    group = _group_or_404(scope, group_id)
    form = SchoolsForm()
    if form.validate_on_submit():
        try:
            with transaction():
                added = groups.add_schools(group.id, form.codes)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _done(
                membership_id, group_id, _n("%(num)d établissement ajouté.", "%(num)d établissements ajoutés.", added)
            )
    return _page(membership, scope, _group_or_404(scope, group_id), schools_form=form)


@bp.post("/<int:membership_id>/groups/<int:group_id>/removals")
@signed_in_required
def remove_from_group(membership_id: int, group_id: int) -> Any:
    """The schools ticked, or all of them, leave the group."""
    _membership, scope = _grouping_or_404(membership_id)
    group = _group_or_404(scope, group_id)
    ticked = request.form.getlist("school", type=int)
    with transaction():
        gone = groups.remove_schools(group.id, None if request.form.get("which") == "all" else ticked)
    return _done(membership_id, group_id, _n("%(num)d établissement retiré.", "%(num)d établissements retirés.", gone))


@bp.post("/<int:membership_id>/groups/<int:group_id>/followers")
@signed_in_required
def entrust_group(membership_id: int, group_id: int) -> Any:
    membership, scope = _grouping_or_404(membership_id)
    group = _group_or_404(scope, group_id)
    form = EntrustForm()
    if form.validate_on_submit():
        try:
            with transaction():
                name = accounts.entrust_group(group.id, form.email.data or "", current_user).person.name
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            done = _("%(name)s trouve désormais ce groupe dans ses tableaux de bord.", name=name)
            return _done(membership_id, group_id, done)
    return _page(membership, scope, _group_or_404(scope, group_id), entrust_form=form)


@bp.post("/<int:membership_id>/groups/<int:group_id>/followers/<int:follower_id>/end")
@signed_in_required
def withdraw_group(membership_id: int, group_id: int, follower_id: int) -> Any:
    _membership, scope = _grouping_or_404(membership_id)
    group = _group_or_404(scope, group_id)
    with transaction():
        accounts.withdraw_group(group.id, follower_id)
    return _done(membership_id, group_id, _("Cette personne ne suit plus le groupe."))


def _done(membership_id: int, group_id: int, words: str) -> Any:
    flash(words, "success")
    return redirect(url_for(".school_group", membership_id=membership_id, group_id=group_id))


def _page(
    membership: Membership,
    scope: Scope,
    group: SchoolGroup,
    *,
    name_form: GroupForm | None = None,
    schools_form: SchoolsForm | None = None,
    entrust_form: EntrustForm | None = None,
) -> str:
    schools = groups.schools_of_group(group.id)
    question = request.args.get("q", "")[:120].strip()
    return render_template(
        "tracking/group.html",
        membership=membership,
        scope=scope,
        group=group,
        schools=schools,
        question=question,
        found=_found(group, question, {school.id for school in schools}),
        followers=followers_of_group(group.id),
        name_form=name_form or _name_form(group),
        schools_form=schools_form or SchoolsForm(formdata=None),
        entrust_form=entrust_form or EntrustForm(formdata=None),
    )


def _found(group: SchoolGroup, question: str, already: set[int]) -> list[School]:
    """The schools of the académie that a search finds and the group has not."""
    found = search_schools(question, limit=MOST_FOUND, academie=group.academie_code) if question else []
    return [school for school in found if school.id not in already]


def _name_form(group: SchoolGroup) -> GroupForm:
    return GroupForm([group.academie], data={"academie": group.academie_code, "name": group.name})


def _academies(scope: Scope) -> Sequence[Academie]:
    here = scope.departement_rows(select(Departement.academie_code))
    return db.session.scalars(select(Academie).where(Academie.code.in_(here)).order_by(Academie.name)).all()


def _grouping_or_404(membership_id: int) -> tuple[Membership, Scope]:
    """The officer's own membership; 403 when its territory does not group schools."""
    membership = officer_membership_or_404(membership_id)
    if not makes_groups(membership):
        abort(403)
    return membership, scope_of(membership)


def _group_or_404(scope: Scope, group_id: int) -> SchoolGroup:
    found = scope.group_rows(select(SchoolGroup).where(SchoolGroup.id == group_id))
    return db.session.scalar(found) or abort(404)
