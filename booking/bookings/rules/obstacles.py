"""What stands between a class and a slot: a refusal that also knows its short tag and its remedy."""

from __future__ import annotations

from typing import Any

from booking.core.errors import Refusal


class Obstacle(Refusal):
    """A reason why a class may not book a slot. severity: "stop" refuses, "warn" only needs care."""

    severity = "stop"

    def what(self) -> Any:
        """The obstacle, in a sentence."""
        raise NotImplementedError

    def remedy_words(self) -> Any:
        """What the teacher can do about it, in a sentence; empty when nothing helps."""
        return ""

    def tag_words(self) -> Any:
        """The same in two or three words, for a table cell."""
        raise NotImplementedError

    def sentence(self) -> str:
        return f"{self.what()} {self.remedy_words()}".strip()

    @property
    def remedy(self) -> str:
        return str(self.remedy_words())

    @property
    def tag(self) -> str:
        return str(self.tag_words())
