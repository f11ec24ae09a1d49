"""An officer brings the official list in: a file, what it would do, then a second click that does it."""

from __future__ import annotations

import base64
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf.file import FileField
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, ValidationError

from booking.accounts.permissions import signed_in_required
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.forms import Form
from booking.core.i18n import _, _l, _n
from booking.tracking import queries
from booking.tracking.official.models import ListedEvent
from booking.tracking.official.rules import MOST_BYTES
from booking.tracking.official.services import Preview, import_list, preview_list
from booking.tracking.views import Asked, asked_of, bp

LINES_SHOWN = 100


class ListForm(Form):
    """A file, or the one that was just read, sent back to be imported as it was seen."""

    file = FileField(
        _l("Fichier csv ou xlsx"),
        description=_l(
            "Une ligne par événement ; la première nomme les colonnes : titre, organisateur, département ou code postal, "
            "date de début, et si possible date de fin, commune, numéro de label, lien."
        ),
        render_kw={"accept": ".csv,.xlsx"},
    )
    content = HiddenField()

    def read(self) -> bytes:
        """What was sent, one byte too many at most. Raises ValueError for what no page of ours sends back."""
        if self.file.data:
            return bytes(self.file.data.read(MOST_BYTES + 1))
        return base64.b64decode(self.content.data or "", validate=True)

    def validate_file(self, field: Any) -> None:
        if not field.data and not self.content.data:
            raise ValidationError(_("Choisissez un fichier."))


@bp.route("/<int:membership_id>/official", methods=["GET", "POST"])
@signed_in_required
def official(membership_id: int) -> Any:
    """The list of the edition as it was imported, the form, and what the file just read would add."""
    asked = asked_of(membership_id)
    if asked.edition is None or asked.scope.is_group:
        abort(404)
    edition_id = asked.edition.id
    form = ListForm()
    preview: Preview | None = None
    if form.validate_on_submit():
        try:
            content = form.read()
        except ValueError:
            abort(400)
        try:
            if request.form.get("step") == "import":
                with transaction():
                    done = import_list(content, edition_id, asked.scope, current_user)
                flash(_n("%(num)d événement importé.", "%(num)d événements importés.", len(done.new)), "success")
                return redirect(url_for(".official", membership_id=membership_id, edition=request.args.get("edition")))
            preview = preview_list(content, asked.edition, asked.scope)
            form.content.data = base64.b64encode(content).decode()
        except Refusal as refusal:
            form.refuse(refusal)
            form.content.data = ""
        asked = asked_of(membership_id)
    page = queries.page_of(_listed(asked), request.args.get("page", 1, type=int))
    here = db.session.scalar(
        select(func.count()).select_from(
            _listed(asked).where(ListedEvent.activity_id.is_not(None)).order_by(None).subquery()
        )
    )
    return render_template(
        "tracking/official.html", asked=asked, form=form, preview=preview, page=page, here=here or 0, most=LINES_SHOWN
    )


def _listed(asked: Asked) -> Any:
    """The events of the edition in the territory."""
    assert asked.edition is not None
    query = select(ListedEvent).where(ListedEvent.edition_id == asked.edition.id)
    if asked.scope.departements is not None:
        query = query.where(ListedEvent.departement_code.in_(sorted(asked.scope.departements)))
    return query.options(joinedload(ListedEvent.activity)).order_by(ListedEvent.starts_on, ListedEvent.id)
