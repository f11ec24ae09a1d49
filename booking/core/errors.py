"""The one kind of "no" that a user may read."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer "no" with its reason and what to do next, in a sentence that can be translated.

    code: stable, for the API and the tests. field: the form field the sentence belongs beside, if any.
    Each rule has its own subclass beside the rule, with its facts as attributes: `SlotFull(left=12)`.
    """

    code = "refused"
    field: str | None = None

    def __init__(self, message: Any = None, **facts: Any) -> None:
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)
        self._message = message
        super().__init__(self.code)

    @property
    def message(self) -> str:
        """The sentence, in the reader's language."""
        return str(self._message if self._message is not None else self.sentence())

    def sentence(self) -> Any:
        """The sentence made of the facts; a subclass gives it."""
        return self.code
