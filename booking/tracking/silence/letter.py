"""The letter to a school that has not booked: plain French, ready to send from one's own mailbox, or to read out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from booking.catalogue.models import Edition
from booking.core.dates import format_day
from booking.core.i18n import _, speaking
from booking.mail.identity import absolute_url
from booking.schools.models import School
from booking.tracking.silence.rules import Near


@dataclass(frozen=True)
class Letter:
    """to: the school's mailbox, empty when none is known."""

    to: str
    subject: str
    body: str

    @property
    def mailto(self) -> str:
        """The address that opens it in one's own mail program."""
        # Line ends as RFC 6068 wants them.
        body = quote(self.body.replace("\n", "\r\n"), safe="")
        return f"mailto:{quote(self.to, safe='@')}?subject={quote(self.subject, safe='')}&body={body}"


def letter_to(school: School, edition: Edition, near: Sequence[Near], *, to: str, sender: str, office: str) -> Letter:
    """What an officer writes to the school. It is for a school in France: always in French."""
    with speaking("fr"):
        return Letter(
            to,
            _("Une visite d’entreprise pour vos élèves – %(edition)s", edition=edition.name),
            "\n\n".join([*_opening(school, edition), *_offers(near), *_how(), f"{sender}\n{office}"]),
        )


def _opening(school: School, edition: Edition) -> list[str]:
    if edition.is_permanent:
        when = _("Des entreprises ouvrent leurs portes aux classes toute l’année.")
    else:
        when = _(
            "%(edition)s\u00a0: du %(first)s au %(last)s, des entreprises ouvrent leurs portes aux classes.",
            edition=edition.name,
            first=format_day(edition.starts_on, year=False),
            last=format_day(edition.ends_on),
        )
    nobody = _(
        "À ce jour, aucune classe de votre établissement (%(school)s) n’a réservé de place.", school=school.one_line
    )
    return [_("Madame, Monsieur,"), f"{when} {nobody}"]


def _offers(near: Sequence[Near]) -> list[str]:
    if not near:
        return [_("Le programme de votre département\u00a0: %(url)s", url=absolute_url("/programme"))]
    lines = [_("Près de chez vous, des places sont encore libres\u00a0:"), *(_offer(each) for each in near)]
    return ["\n".join(lines)]


def _offer(near: Near) -> str:
    offer = near.offer
    day = format_day(offer.first)
    where = offer.company if near.minutes is None else f"{offer.company}, {offer.commune}"
    return f"– «\u00a0{offer.title}\u00a0» ({where}), {day}, {near.how_far}\u00a0: {absolute_url('/programme/' + offer.ref)}"


def _how() -> list[str]:
    return [
        _(
            "Un enseignant réserve pour sa classe en quelques minutes, à ces adresses\u00a0; le service prépare ensuite "
            "les papiers de la sortie. C’est gratuit."
        ),
        _("Vous pouvez aussi me répondre\u00a0: je ferai la réservation avec vous."),
    ]
