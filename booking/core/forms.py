"""The bases of forms: typed values kept, refusals shown beside their field."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field

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


class FormInOrder(Form):
    """A form whose summary of mistakes follows the page, whatever the order of its classes."""

    # The fields that come first on the page; the others follow as they were declared.
    first: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Field] = self.__dict__["_fields"]
        self.__dict__["_fields"] = {name: fields[name] for name in dict.fromkeys((*self.first, *fields))}
