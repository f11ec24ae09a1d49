"""Who is trusted and when, which password will do, which words name an officer's territory. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from booking.accounts.models import ScopeKind
from booking.core.errors import Refusal
from booking.core.i18n import _
from booking.territory.rules import add_open_days, public_holiday_on

PASSWORD_LENGTH_MIN = 10
TRUST_WORKING_DAYS = 5

# The first guesses of anybody, in French and in English, of the length we ask or more (spaces and case apart).
_FIRST_GUESSES = frozenset(
    "motdepasse motdepasse1 motdepasse123 monmotdepasse password123 password1234 password12 azertyuiop azertyuiop123"
    " qwertyuiop qwertyuiop123 1234567890 0123456789 12345678910 123456789a a123456789 0987654321 123azerty456"
    " azerty123456 qwerty123456 123456azerty bonjour123 bonjour1234 jetaime123 semainedelindustrie etabli2026"
    " etabli2027 educationnationale administrateur administrator professeur enseignant".split()
)


class PasswordTooEasy(Refusal):
    code = "password_too_easy"
    field = "password"

    def sentence(self) -> Any:
        return _(
            "Ce mot de passe est parmi les premiers qu’on essaierait. Prenez par exemple quatre mots sans lien entre eux."
        )


class WrongScope(Refusal):
    code = "wrong_scope"
    field = "scope"

    def sentence(self) -> Any:
        return _(
            "Le territoire « %(scope)s » est inconnu. Écrivez national, region_academique:Île-de-France,"
            " academie:25, academie:Versailles, departement:91, prefecture:91, ou group:12 (le numéro du groupe).",
            scope=self.facts["scope"],
        )


def check_password(password: str, personal_words: Iterable[str] = ()) -> None:
    """Any password long enough will do, but the first guesses: known ones, one sign repeated, one's own name or address.

    No rule of composition, as the NIST recommends (SP 800-63B, section 5.1.1.2). Length is checked by Flask-Security.
    Refuses: PasswordTooEasy.
    """
    squeezed = fold(password)
    mine = {fold(word) for word in personal_words if fold(word)}
    if squeezed in _FIRST_GUESSES | mine or len(set(password.casefold())) < 4:
        raise PasswordTooEasy


def is_trusted_address(email: str, academie_domain: str | None) -> bool:
    """Whether a teacher's address is of the mail domain of the school's own académie (product, section 1)."""
    return bool(academie_domain) and email.lower().rpartition("@")[2] == str(academie_domain).lower()


def trust_deadline(now: datetime) -> datetime:
    """By when somebody looks at a new membership: six in the evening, in Paris, of the fifth working day after `now`."""
    paris = ZoneInfo("Europe/Paris")
    day = add_open_days(now.astimezone(paris).date(), TRUST_WORKING_DAYS, _is_day_off)
    return datetime.combine(day, time(18), paris).astimezone(UTC)


def _is_day_off(day: date) -> bool:
    return day.weekday() >= 5 or public_holiday_on("75", day) is not None


@dataclass(frozen=True)
class Scope:
    """An officer's territory; code is None for the whole country."""

    kind: ScopeKind
    code: str | None = None


def read_scope(text: str) -> Scope:
    """The territory named on the command line: `national`, or `kind:code or name`. Whether it exists is not known here.

    Refuses: WrongScope.
    """
    kind, _colon, name = text.strip().partition(":")
    try:
        scope = Scope(ScopeKind(kind.strip().lower()), name.strip() or None)
    except ValueError:
        raise WrongScope(scope=text) from None
    if (scope.kind is ScopeKind.NATIONAL) != (scope.code is None):
        raise WrongScope(scope=text)
    return scope


def fold(text: str) -> str:
    """Without accents, case, spaces and punctuation."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())
