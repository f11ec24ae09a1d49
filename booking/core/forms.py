"""The base of every form: typed values kept, refusals shown beside their field."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm

from booking.core.errors import Refusal


class Form(FlaskForm):
    """A form that can show a rule's refusal. `form.problems` are those that belong to no field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problems: list[str] = []

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal beside its field, or above the form when it has none here."""
        field = self._fields.get(refusal.field) if refusal.field else None
        if field is None:
            self.problems.append(refusal.message)
        else:
            field.errors = [*field.errors, refusal.message]
