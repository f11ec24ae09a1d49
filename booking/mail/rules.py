"""Pure decisions about a message that did not leave: when to try again, when to give up (specs/invitations §4)."""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

ATTEMPTS_MAX = 12
AGE_MAX = timedelta(hours=72)
DELAY_MAX_S = 6 * 3600
LEASE = timedelta(minutes=10)  # well above all the 30 s timeouts of one SMTP conversation
CONFIGURATION_PAUSE = timedelta(minutes=5)
BYTES_KEPT = timedelta(days=30)


def retry_delay(attempts: int, chance: float) -> timedelta:
    """How long to wait after the n-th failure: from half to the whole of min(6 h, 60 s x 2^(n-1)).

    chance: between 0 and 1, drawn by the caller; it keeps a thousand messages from coming back together.
    """
    whole = min(DELAY_MAX_S, 60 * 2 ** (max(attempts, 1) - 1))
    return timedelta(seconds=whole * (0.5 + chance / 2))


def is_given_up(attempts: int, created_at: datetime, now: datetime) -> bool:
    return attempts >= ATTEMPTS_MAX or now - created_at >= AGE_MAX


class Stage(enum.StrEnum):
    """How far a conversation with the mail server went."""

    CONNECT = "connection"
    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    AFTER_DATA = "after DATA"


class Verdict(enum.StrEnum):
    RETRY = "retry"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    CONFIGURATION = "configuration"


@dataclass(frozen=True)
class Failure:
    """code: the server's, absent when the connection was refused or lost. text: its words, never a body."""

    stage: Stage
    code: int | None
    text: str

    @property
    def line(self) -> str:
        return f"{self.stage}: {self.code or ''} {self.text}".replace("  ", " ")[:500]

    @property
    def closes_connection(self) -> bool:
        """Lost, or asked to leave (421), or enough for this connection (452): the next message takes a new one."""
        return self.code in (None, 421, 452)


def verdict(failure: Failure) -> Verdict:
    """What becomes of the message (specs/invitations §4.6 and 4.7).

    A refusal of our sender is as much our configuration as one at the connection, but for 552: this message is too big.
    """
    if failure.code is None:
        return Verdict.UNCERTAIN if failure.stage is Stage.AFTER_DATA else Verdict.RETRY
    if failure.code < 500:
        return Verdict.RETRY
    if failure.stage is Stage.CONNECT or (failure.stage is Stage.SENDER and failure.code != 552):
        return Verdict.CONFIGURATION
    return Verdict.DEAD


def may_leave(address: str, *, in_production: bool, allowed_domains: Iterable[str]) -> bool:
    """Whether a mail server may be given this address: outside production only those of the allow-list."""
    allowed = set(allowed_domains)
    if in_production and not allowed:
        return True
    return address.rpartition("@")[2].lower() in allowed


def one_line(value: object) -> str:
    """The text on one line: each run of control characters and line breaks becomes one space (§3.3); NFC."""
    return _cleaned(value, keep="")


def many_lines(value: object) -> str:
    """The text with its line breaks kept as `\\n` and no other control character; NFC."""
    text = str(value or "").replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _cleaned(text, keep="\n")


def _cleaned(value: object, keep: str) -> str:
    text = unicodedata.normalize("NFC", str(value if value is not None else ""))
    pieces: list[str] = []
    for letter in text:
        if letter not in keep and _is_control(letter):
            if not pieces or pieces[-1] != " ":
                pieces.append(" ")
        else:
            pieces.append(letter)
    return "".join(pieces).strip(" \n")


def _is_control(letter: str) -> bool:
    # Line and paragraph separators, and the marks that reverse the reading direction, mislead a reader as much.
    return (
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")
        or letter in "\u202a\u202b\u202c\u202d\u202e\ufeff\u2066\u2067\u2068\u2069"
    )
