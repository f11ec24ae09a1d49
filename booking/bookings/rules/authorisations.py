"""What a school allows for a booking: its pupils go out, or somebody comes in. Who signs, in what capacity, and the words.

Several people may have to sign; the authorisation is given when all of them say yes, and refused by the first no.
"""

from __future__ import annotations

import enum
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from booking.bookings.rules.states import Answer, CancelReason, State
from booking.core.errors import Refusal
from booking.core.i18n import _, _l


class Purpose(enum.StrEnum):
    """OUTING: the class goes to the firm. INTERVENTION: people of the firm enter the school."""

    OUTING = "outing"
    INTERVENTION = "intervention"


class SignerRole(enum.StrEnum):
    HEAD = "head"
    MAYOR = "mayor"
    INSPECTOR = "inspector"


class Capacity(enum.StrEnum):
    """Whoever signs holds the office, or signs by delegation of its holder."""

    HOLDER = "holder"
    DELEGATE = "delegate"


class Via(enum.StrEnum):
    """By which door an answer came."""

    LINK = "link"
    CODE = "code"
    ACCOUNT = "account"
    PAPER = "paper"


# Places are kept in these, and the visit is still to come: the school is asked, and may answer.
ASKED_IN = frozenset({State.HELD, State.REQUESTED, State.CONFIRMED})

HEAD_REASONS = (
    CancelReason.TIMETABLE, CancelReason.SUPERVISION, CancelReason.TRANSPORT, CancelReason.BUDGET,
    CancelReason.SAFETY, CancelReason.OTHER_VISIT, CancelReason.WEATHER, CancelReason.OTHER,
)  # fmt: skip

SIGNER_WORDS: dict[SignerRole, Any] = {
    SignerRole.HEAD: _l("chef d’établissement"),
    SignerRole.MAYOR: _l("maire"),
    SignerRole.INSPECTOR: _l("inspection"),
}
CAPACITY_WORDS: dict[tuple[SignerRole, Capacity], Any] = {
    (SignerRole.HEAD, Capacity.HOLDER): _l("chef d’établissement, ou directeur d’école"),
    (SignerRole.HEAD, Capacity.DELEGATE): _l("adjoint, par délégation du chef d’établissement"),
    (SignerRole.MAYOR, Capacity.HOLDER): _l("maire"),
    (SignerRole.MAYOR, Capacity.DELEGATE): _l("par délégation du maire"),
    (SignerRole.INSPECTOR, Capacity.HOLDER): _l("inspecteur de la circonscription"),
    (SignerRole.INSPECTOR, Capacity.DELEGATE): _l("par délégation de l’inspecteur"),
}
VIA_WORDS: dict[Via, Any] = {
    Via.LINK: _l("par le lien du message"),
    Via.CODE: _l("avec le code"),
    Via.ACCOUNT: _l("connecté à son compte"),
    Via.PAPER: _l("sur papier"),
}


# ---- Refusals


class AlreadySigned(Refusal):
    """Of two answers for one signer, the first stands."""

    code = "already_signed"

    def sentence(self) -> Any:
        return _l("Cette demande a déjà reçu une réponse : elle est affichée ci-dessous.")


class NothingToAuthorise(Refusal):
    code = "nothing_to_authorise"

    def sentence(self) -> Any:
        return _l("Cette réservation est terminée, ou la visite a commencé : il n’y a plus rien à autoriser.")


class RefusalReasonMissing(Refusal):
    code = "refusal_reason_missing"
    field = "reason"

    def sentence(self) -> Any:
        return _l("Choisissez une raison : l’enseignant et l’entreprise en sont informés.")


class SentToday(Refusal):
    """At most one message a day to the same address."""

    code = "sent_today"

    def sentence(self) -> Any:
        return _l(
            "Un message est déjà parti à cette adresse depuis hier. Vous pourrez relancer demain, ou donner le code."
        )


class TooManyAddresses(Refusal):
    code = "too_many_addresses"
    field = "email"

    def sentence(self) -> Any:
        return _l(
            "Cette demande est déjà partie de nombreuses fois. Donnez plutôt le lien ou le code, ou passez par le papier."
        )


class NoAddress(Refusal):
    code = "no_address"
    field = "email"

    def sentence(self) -> Any:
        return _l("Nous ne savons pas à qui écrire : indiquez une adresse, ou passez par le papier.")


class UnknownCode(Refusal):
    """Wrong, answered, replaced and over say the same: nobody learns which codes exist."""

    code = "unknown_code"
    field = "code"

    def sentence(self) -> Any:
        return _l(
            "Ce code ne correspond à aucune demande en attente. Vérifiez-le, ou demandez-en un autre à l’enseignant."
        )


class TooManyCodes(Refusal):
    code = "too_many_codes"
    field = "code"

    def sentence(self) -> Any:
        return _l("Trop d’essais depuis cette connexion. Réessayez dans une heure, ou ouvrez le lien du message.")


class SignedLater(Refusal):
    code = "signed_later"
    field = "signed_on"

    def sentence(self) -> Any:
        return _l("Un papier ne peut pas être signé demain : corrigez la date.")


# ---- Who has answered


def overall(answers: Sequence[Answer]) -> Answer:
    """What the signers have said together: one no is enough, every yes is needed."""
    if Answer.NO in answers:
        return Answer.NO
    return Answer.YES if answers and all(answer is Answer.YES for answer in answers) else Answer.PENDING


def capacity_words(role: SignerRole, capacity: Capacity) -> str:
    return str(CAPACITY_WORDS[role, capacity])


def signed_words(details: dict[str, Any]) -> str:
    """Who signed, as the history keeps it: « Hélène Roux (adjoint, par délégation…), sur papier »."""
    if not details.get("signed_by"):
        return ""
    return _(
        "%(name)s (%(capacity)s), %(via)s",
        name=details["signed_by"],
        capacity=capacity_words(SignerRole(details["role"]), Capacity(details["capacity"])),
        via=str(VIA_WORDS[Via(details["via"])]),
    )


# ---- Asking, and asking again


@dataclass(frozen=True)
class AskingRules:
    """How often a school is asked. Ours; the reminder of the day is one at most, whoever asks for it.

    open_days: school days between two messages that leave by themselves. most_sent: messages for one signer by
    themselves, the first included. most_asked: all of them, those that the teacher asks for included.
    """

    decided_on: date
    pause: timedelta
    open_days: int
    most_sent: int
    most_asked: int


ASKING = AskingRules(decided_on=date(2026, 11, 25), pause=timedelta(hours=24), open_days=2, most_sent=4, most_asked=12)


def may_send(
    last_sent_at: datetime | None, sent_to: Sequence[str], addresses: Sequence[str], sends: int, now: datetime
) -> None:
    """Whether a message may leave now. Refuses: NoAddress, TooManyAddresses, SentToday (a corrected address never waits)."""
    if not addresses:
        raise NoAddress()
    if sends >= ASKING.most_asked:
        raise TooManyAddresses()
    known = {address.lower() for address in sent_to}
    is_new = any(address.lower() not in known for address in addresses)
    if last_sent_at and not is_new and now - last_sent_at < ASKING.pause:
        raise SentToday()


# ---- Codes that are typed

# No letter that is read for another, nor for a digit.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8  # 39 bits; with ten attempts an hour nobody finds one
CODE_ATTEMPTS = 10
CODE_WINDOW = timedelta(hours=1)


def new_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _letter in range(CODE_LENGTH))


def typed_code(text: str) -> str:
    """The code as it is kept, from how it was typed: spaces, hyphens and small letters do not matter."""
    return "".join(letter for letter in text.upper() if letter.isalnum())[:40]


def shown_code(code: str) -> str:
    """« ABCD-EFGH »: read aloud by halves."""
    return f"{code[:4]}-{code[4:]}"
