"""The administrator's editions: created, changed, and what was changed of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from sqlalchemy import select

from booking.accounts.models import MemberRole
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.catalogue import setup
from booking.catalogue.edition_forms import EditionForm, edition_values, next_values
from booking.catalogue.models import Edition
from booking.catalogue.queries import editions
from booking.catalogue.rules.edition_words import change_words
from booking.catalogue.rules.editions import EditedMeanwhile
from booking.core import clock
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _

bp = Blueprint("editions", __name__, url_prefix="/admin/editions")


@bp.get("")
@signed_in_required
def index() -> str:
    _admin_or_404()
    return render_template("editions/index.html", editions=editions(), today=clock.now().date())


@bp.route("/new", methods=["GET", "POST"])
@signed_in_required
def new() -> Any:
    """A new edition, which starts from the rules of the last one."""
    _admin_or_404()
    last = setup.newest_edition()
    form = EditionForm(data=next_values(last))
    if form.validate_on_submit():
        try:
            with transaction():
                slug = setup.set_up_edition(form.draft(), form.criteria(), current_user.id).slug
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(_("L’édition est créée : les entreprises peuvent y proposer des activités."), "success")
            return redirect(url_for(".show", slug=slug))
    return render_template(
        "editions/form.html", form=form, edition=None, last=last, changes=[], change_words=change_words
    )


@bp.route("/<slug>", methods=["GET", "POST"])
@signed_in_required
def show(slug: str) -> Any:
    """An edition to change, and everything that was changed of it."""
    _admin_or_404()
    edition = db.session.scalar(select(Edition).where(Edition.slug == slug)) or abort(404)
    edition_id = edition.id
    form = EditionForm(data=edition_values(edition, setup.last_change(edition_id)))
    del form.slug
    if form.validate_on_submit():
        try:
            with transaction():
                changed = setup.rewrite_edition(
                    edition_id, form.draft(slug), form.criteria(), current_user.id, seen=form.seen_change
                )
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, EditedMeanwhile):
                form.seen.data = str(setup.last_change(edition_id))
        else:
            flash(_("L’édition est à jour.") if changed else _("Rien n’a changé."), "success")
            return redirect(url_for(".show", slug=slug))
    return render_template(
        "editions/form.html",
        form=form,
        edition=db.session.get_one(Edition, edition_id),
        last=None,
        changes=setup.changes_of(edition_id),
        change_words=change_words,
    )


def _admin_or_404() -> None:
    if not my_memberships(MemberRole.ADMIN):
        abort(404)
