"""Who writes which kind of message: each room registers its own, so that the outbox knows no room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from booking.mail.models import OutgoingMail


@dataclass(frozen=True)
class Content:
    """What a message says. method and calendar go together; sequence is the calendar's.

    kind: when the message turned out to be another kind than the one queued (an update that is the first to leave).
    """

    subject: str
    text: str
    html: str
    method: str | None = None
    calendar: bytes | None = None
    sequence: int | None = None
    kind: str | None = None
    unsubscribe_url: str | None = None


class NothingToSay(Exception):
    """The composer found that the message is not needed any more; the outbox sets it aside as superseded."""


Compose = Callable[[OutgoingMail], Content]
Left = Callable[[OutgoingMail], None]
Wanted = Callable[[OutgoingMail], bool]


@dataclass(frozen=True)
class Composer:
    """compose: called once, in a writing transaction. left: called when the message was sent, or may have been.

    wanted: asked before each attempt, for messages that are pointless once what they speak of has changed.
    """

    compose: Compose
    left: Left | None = None
    wanted: Wanted | None = None


_COMPOSERS: dict[str, Composer] = {}


def composer(*kinds: str, left: Left | None = None, wanted: Wanted | None = None) -> Callable[[Compose], Compose]:
    """Declare the function that writes the messages of these kinds."""

    def declare(compose: Compose) -> Compose:
        for kind in kinds:
            _COMPOSERS[kind] = Composer(compose, left, wanted)
        return compose

    return declare


def composer_of(kind: str) -> Composer:
    return _COMPOSERS[kind]
