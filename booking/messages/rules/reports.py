"""Reporting what should not be there: grounds, limits against floods, decisions."""

from __future__ import annotations

import enum
import hashlib
import hmac
from datetime import date
from typing import Any

from booking.core.errors import Refusal
from booking.core.i18n import _l


class Ground(enum.StrEnum):
    FALSE = "false"
    UNSUITABLE = "unsuitable"
    ADVERTISING = "advertising"
    DANGEROUS = "dangerous"
    PERSONAL = "personal"
    OTHER = "other"


GROUND_WORDS: dict[Ground, Any] = {
    Ground.FALSE: _l("C’est faux, ou l’entreprise n’existe pas"),
    Ground.UNSUITABLE: _l("Ce n’est pas fait pour des élèves"),
    Ground.ADVERTISING: _l("C’est de la publicité ou du recrutement"),
    Ground.DANGEROUS: _l("C’est dangereux"),
    Ground.PERSONAL: _l("Une personne est nommée, montrée ou insultée"),
    Ground.OTHER: _l("Autre chose"),
}


class Decision(enum.StrEnum):
    """NOTHING: it was right to say so, and nothing needs to change. DISMISSED: there was no reason to."""

    HIDDEN = "hidden"
    NOTHING = "nothing"
    DISMISSED = "dismissed"


DECISION_WORDS: dict[Decision, Any] = {
    Decision.HIDDEN: _l("Masquer et dire pourquoi"),
    Decision.NOTHING: _l("Rien à changer"),
    Decision.DISMISSED: _l("Signalement sans fondement"),
}

# Ours: what one person may report in a day, and what one page may receive from people who are not signed in.
MOST_BY_SOURCE = 5
MOST_ANONYMOUS_HERE = 20


class TooManyReports(Refusal):
    code = "too_many_reports"

    def sentence(self) -> Any:
        return _l(
            "Vous avez déjà envoyé plusieurs signalements aujourd’hui : ils seront lus. Revenez demain pour un autre."
        )


class AlreadyDecided(Refusal):
    code = "already_decided"

    def sentence(self) -> Any:
        return _l("Quelqu’un a déjà décidé de ce signalement.")


class ReasonNeeded(Refusal):
    code = "reason_needed"
    field = "note"

    def sentence(self) -> Any:
        return _l("Dites pourquoi : l’auteur reçoit ces mots.")


def check_not_flooding(by_source_today: int, anonymous_here_today: int, *, is_anonymous: bool) -> None:
    """Counts of stored reports, of the last day. Refuses: TooManyReports."""
    if by_source_today >= MOST_BY_SOURCE or (is_anonymous and anonymous_here_today >= MOST_ANONYMOUS_HERE):
        raise TooManyReports()


def source_of(secret: str, who: str, day: date) -> str:
    """Whoever reports, as a mark that counts them today, and that nobody can turn back or follow to another day."""
    return hmac.new(secret.encode(), f"{day}/{who}".encode(), hashlib.sha256).hexdigest()
