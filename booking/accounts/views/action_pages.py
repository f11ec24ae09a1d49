"""Pages that a link of a mail opens without an account: `/a/<token>`. A GET shows, a POST acts."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, make_response, render_template, request

from booking.accounts import services
from booking.accounts.action_links import action_page, link_of, page_of
from booking.accounts.models import ActionLink, Membership
from booking.accounts.views.blueprint import bp
from booking.core.db import db, transaction
from booking.core.errors import Refusal
from booking.core.i18n import _


@bp.route("/a/<token>", methods=["GET", "POST"])
def action(token: str) -> Response:
    """The page of the link's purpose. Unknown, expired and revoked are one 404."""
    link = link_of(token)
    if link is None:
        abort(404)
    response = make_response(page_of(link)(link, token))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@action_page("school-notice")
def school_notice(link: ActionLink, token: str) -> Any:
    """Whether this person belongs to the school, as its official mailbox says."""
    membership = db.session.get_one(Membership, _number(link))
    answer = request.form.get("answer", "") if request.method == "POST" else ""
    if answer not in ("yes", "no"):
        return render_template("accounts/action/school_notice.html", membership=membership, link=link)
    try:
        with transaction():
            services.answer_for_school(link.id, teaches_here=answer == "yes")
    except Refusal as refusal:
        return _done(_("Votre réponse"), refusal.message), 409
    if answer == "yes":
        return _done(_("Merci"), _("C’est noté : cette personne réserve au nom de votre établissement."))
    return _done(
        _("C’est noté"),
        _(
            "Cette personne ne peut plus réserver au nom de votre établissement. Les services académiques sont prévenus."
        ),
    )


@action_page("email-change")
def email_change(link: ActionLink, token: str) -> Any:
    """The new address of an account, from the mail sent there."""
    if request.method == "GET":
        return render_template("accounts/action/email_change.html", email=link.details["email"], link=link)
    return _act(
        lambda: services.take_new_address(link.id),
        _("Votre adresse a changé"),
        _("Connectez-vous désormais avec cette adresse ; votre mot de passe reste le même."),
    )


@action_page("email-take-back")
def email_take_back(link: ActionLink, token: str) -> Any:
    """The old address of an account, from the mail that told it of the change."""
    if request.method == "GET":
        return render_template("accounts/action/email_take_back.html", email=link.details["email"], link=link)
    return _act(
        lambda: services.take_back_address(link.id),
        _("Votre adresse est gardée"),
        _(
            "Toutes les connexions ouvertes sont fermées. Choisissez un nouveau mot de passe : « Mot de passe oublié » sur la page de connexion."
        ),
    )


def _act(service: Any, title: str, sentence: str) -> Any:
    try:
        with transaction():
            service()
    except Refusal as refusal:
        return _done(_("Ce lien"), refusal.message), 409
    return _done(title, sentence)


def _done(title: str, sentence: str) -> str:
    return render_template("accounts/action/done.html", title=title, sentence=sentence)


def _number(link: ActionLink) -> int:
    return int(link.object_key.partition("/")[2])
