"""The officers' queue of labels: what waits, what each activity says, and the answers, one by one or several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from booking.accounts.models import OVERSIGHT_ROLES, Membership
from booking.accounts.permissions import my_memberships, signed_in_required
from booking.catalogue.labelling import queries, services, words
from booking.catalogue.labelling.forms import GrantForm, OpinionForm, ReturnForm
from booking.catalogue.labelling.models import Side
from booking.catalogue.labelling.queries import Dossier, dossier_of
from booking.catalogue.labelling.rules import REVIEWED, may_decide, side_of
from booking.catalogue.labelling.services import Pick
from booking.catalogue.models import LabelState
from booking.core import clock
from booking.core.db import transaction
from booking.core.errors import Refusal
from booking.core.fields import clean_line
from booking.core.i18n import _, _n
from booking.tracking import people
from booking.tracking.scope import Scope
from booking.tracking.views import bp

SHOWN = ("asked", "returned", "granted", "review")


@bp.app_template_global()
def labels_to_decide(membership: Membership) -> int:
    """How many requests await an answer in this officer's territory, for the link of the board."""
    return queries.count_by_state(people.queue_scope(membership).departements).get(LabelState.ASKED, 0)


@bp.get("/labels")
@signed_in_required
def labels_home() -> Response:
    """The queue of the first territory of the person: what a mail or a menu links to."""
    mine = my_memberships(*sorted(OVERSIGHT_ROLES))
    if not mine:
        abort(404)
    return redirect(url_for(".labels", membership_id=mine[0].id))


@bp.get("/<int:membership_id>/labels")
@signed_in_required
def labels(membership_id: int) -> str:
    """The requests that wait, the first due first; or those returned, granted, to read again."""
    membership, scope = _officer_or_404(membership_id)
    return _queue(membership, scope, ReturnForm())


@bp.post("/<int:membership_id>/labels/selection")
@signed_in_required
def labels_selected(membership_id: int) -> str | Response | tuple[str, int]:
    """One answer to every activity that is ticked."""
    membership, scope = _decider_or_403(membership_id)
    form = ReturnForm()
    picks = [pick for pick in map(_pick, request.form.getlist("picked")) if pick]
    if not picks:
        form.problems.append(_("Cochez au moins une activité."))
        return _queue(membership, scope, form), 400
    if any(queries.activity_in(scope.departements, pick.activity_id) is None for pick in picks):
        abort(404)
    act: dict[str, tuple[Callable[[], None], str]] = {
        "favour": (
            lambda: services.favour_all(picks, membership),
            _n("%(num)d avis favorable est enregistré.", "%(num)d avis favorables sont enregistrés.", len(picks)),
        ),
        "grant": (
            lambda: services.grant_all(picks, membership),
            _n("%(num)d activité est labellisée.", "%(num)d activités sont labellisées.", len(picks)),
        ),
        "return": (
            lambda: services.return_all(picks, membership, form.chosen(), form.note.data or ""),
            _n("%(num)d activité est renvoyée.", "%(num)d activités sont renvoyées.", len(picks)),
        ),
    }
    if (asked := act.get(request.form.get("act", ""))) is None:
        abort(400)
    if form.validate():
        try:
            with transaction():
                asked[0]()
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            flash(asked[1], "success")
            return redirect(url_for(".labels", membership_id=membership_id))
    membership, scope = _officer_or_404(membership_id)
    return _queue(membership, scope, form, {pick.activity_id for pick in picks})


def _pick(value: str) -> Pick | None:
    """« 12:0123abcd »: the activity, and the fingerprint of what was read of it."""
    number, _colon, seen = value.partition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return Pick(int(number), seen, (clean_line(request.form.get(f"number-{number}", "")) or "")[:60])


def _queue(membership: Membership, scope: Scope, form: ReturnForm, ticked: set[int] | None = None) -> str:
    show = request.args.get("show", "asked")
    show = show if show in SHOWN else "asked"
    to_review = queries.to_read_again(scope.departements)
    found: list[Dossier] = {
        "asked": queries.waiting,
        "returned": queries.returned,
        "granted": queries.granted,
        "review": lambda _departements: to_review,
    }[show](scope.departements)
    counts = queries.count_by_state(scope.departements)
    return render_template(
        "tracking/labels.html",
        membership=membership,
        scope=scope,
        show=show,
        dossiers=found,
        most=queries.PAGE_SIZE,
        tabs=[
            ("asked", _("À traiter"), counts.get(LabelState.ASKED, 0)),
            ("review", _("À relire"), len(to_review)),
            ("returned", _("Renvoyées"), counts.get(LabelState.RETURNED, 0)),
            ("granted", _("Labellisées"), counts.get(LabelState.GRANTED, 0)),
        ],
        numbers=_proposed(found) if show == "asked" else {},
        form=form,
        ticked=ticked or set(),
        side=side_of(membership.role, membership.scope_kind),
        may_decide=may_decide(membership.role, membership.scope_kind),
        sides=list(Side),
        now=clock.now(),
    )


def _proposed(dossiers: list[Dossier]) -> dict[int, str]:
    """A number for each request, as if all of them were granted in this order."""
    taken: dict[int, set[str]] = {}
    numbers = {}
    for dossier in dossiers:
        activity = dossier.activity
        known = taken.setdefault(activity.edition_id, services.numbers_taken(activity.edition_id))
        numbers[activity.id] = services.next_number(activity, known)
        known.add(numbers[activity.id])
    return numbers


# ---- One activity


@bp.get("/<int:membership_id>/labels/<int:activity_id>")
@signed_in_required
def label(membership_id: int, activity_id: int) -> str:
    """What the activity says, what changed since it was last read, what was said of it, and the answers."""
    membership, scope = _officer_or_404(membership_id)
    return _label_page(membership, scope, activity_id)


@bp.post("/<int:membership_id>/labels/<int:activity_id>/opinion")
@signed_in_required
def label_opinion(membership_id: int, activity_id: int) -> Any:
    form = OpinionForm(prefix="opinion-")
    return _answer(
        membership_id,
        activity_id,
        form,
        lambda membership, seen: services.give_opinion(
            activity_id, membership, favourable=form.favourable.data == "yes", seen=seen, note=form.note.data or ""
        ),
        _("Votre avis est enregistré."),
    )


@bp.post("/<int:membership_id>/labels/<int:activity_id>/grant")
@signed_in_required
def label_grant(membership_id: int, activity_id: int) -> Any:
    form = GrantForm(prefix="grant-")
    return _answer(
        membership_id,
        activity_id,
        form,
        lambda membership, seen: services.grant_label(
            activity_id,
            membership,
            number=form.number.data or "",
            url=form.url.data or "",
            note=form.note.data or "",
            seen=seen,
        ),
        _("L’activité est labellisée ; l’entreprise est prévenue."),
    )


@bp.post("/<int:membership_id>/labels/<int:activity_id>/return")
@signed_in_required
def label_return(membership_id: int, activity_id: int) -> Any:
    form = ReturnForm(prefix="return-")
    return _answer(
        membership_id,
        activity_id,
        form,
        lambda membership, seen: services.return_label(
            activity_id, membership, reasons=form.chosen(), note=form.note.data or "", seen=seen
        ),
        _("L’activité est renvoyée ; l’entreprise sait pourquoi."),
    )


@bp.post("/<int:membership_id>/labels/<int:activity_id>/withdrawal")
@signed_in_required
def label_withdraw(membership_id: int, activity_id: int) -> Any:
    form = ReturnForm(prefix="withdraw-")
    return _answer(
        membership_id,
        activity_id,
        form,
        lambda membership, _seen: services.withdraw_label(
            activity_id, membership, reasons=form.chosen(), note=form.note.data or ""
        ),
        _("Le label est retiré ; l’entreprise sait pourquoi."),
    )


@bp.post("/<int:membership_id>/labels/<int:activity_id>/keeping")
@signed_in_required
def label_keep(membership_id: int, activity_id: int) -> Any:
    return _answer(
        membership_id,
        activity_id,
        None,
        lambda membership, seen: services.keep_label(activity_id, membership, seen=seen),
        _("L’activité garde son label."),
    )


def _answer(
    membership_id: int,
    activity_id: int,
    form: Any,
    service: Callable[[Membership, str], Any],
    done: str,
) -> Any:
    membership, scope = _decider_or_403(membership_id)
    if queries.activity_in(scope.departements, activity_id) is None:
        abort(404)
    if form is None or form.validate_on_submit():
        try:
            with transaction():
                service(membership, request.form.get("seen", ""))
        except Refusal as refusal:
            if form is None:
                flash(refusal.message, "error")
                return redirect(url_for(".label", membership_id=membership_id, activity_id=activity_id))
            form.refuse(refusal)
        else:
            flash(done, "success")
            return redirect(url_for(".labels", membership_id=membership_id))
    membership, scope = _officer_or_404(membership_id)
    return _label_page(membership, scope, activity_id, form)


def _label_page(membership: Membership, scope: Scope, activity_id: int, sent: Any = None) -> str:
    activity = queries.activity_in(scope.departements, activity_id) or abort(404)
    dossier = dossier_of(activity)
    forms = {
        "opinion": OpinionForm(prefix="opinion-", formdata=None),
        "grant": GrantForm(prefix="grant-", formdata=None, data={"number": services.next_number(activity)}),
        "return": ReturnForm(prefix="return-", formdata=None),
        "withdraw": ReturnForm(prefix="withdraw-", formdata=None),
    }
    if sent is not None:
        forms[sent._prefix.rstrip("-")] = sent
    return render_template(
        "tracking/label.html",
        membership=membership,
        scope=scope,
        activity=activity,
        dossier=dossier,
        forms=forms,
        form=sent,
        sent=sent._prefix.rstrip("-") if sent is not None else "",
        changes=_changes(dossier),
        facts_seen=[
            (words.declared_words(row), words.seen_fact(row["fact"], dossier.facts, activity.company.ape_code or ""))
            for row in (dossier.asked.declared if dossier.asked else [])
        ],
        side=side_of(membership.role, membership.scope_kind),
        may_decide=may_decide(membership.role, membership.scope_kind),
        sides=list(Side),
        now=clock.now(),
    )


def _changes(dossier: Dossier) -> list[words.Change]:
    """What changed since an officer last read it: the version returned, or the one that was labelled."""
    if dossier.activity.label_state is LabelState.GRANTED:
        return words.changes(dossier.read_last.facts, dossier.facts, REVIEWED) if dossier.read_last else []
    return words.changes(dossier.returned.facts, dossier.facts) if dossier.returned else []


def _officer_or_404(membership_id: int) -> tuple[Membership, Scope]:
    """The officer's, or administrator's, own membership and its territory; 404 for anybody else's."""
    for membership in my_memberships(*OVERSIGHT_ROLES):
        if membership.id == membership_id:
            return membership, people.queue_scope(membership)
    abort(404)


def _decider_or_403(membership_id: int) -> tuple[Membership, Scope]:
    """As _officer_or_404; 403 for who follows a group of schools, and decides of no label."""
    membership, scope = _officer_or_404(membership_id)
    if not may_decide(membership.role, membership.scope_kind):
        abort(403)
    return membership, scope
