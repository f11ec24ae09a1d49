"""The fields that forms of several rooms share: numbers, lists, days, hours, each with plain words for a slip."""

from __future__ import annotations

import re
from typing import Any

from wtforms import DateField, IntegerField, SelectField, SelectMultipleField, TimeField, ValidationError
from wtforms.validators import InputRequired, Length, Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from booking.core.i18n import _, _l

NOT_IN_LIST = _l("Choisissez une ligne de la liste.")
NUMBER_MISSING = _l("Indiquez un nombre.")
_BREAKS = "\r\n\t"
LAST_YEAR = 2200


def clean_line(text: str | None) -> str | None:
    """Without control characters, spaces at the ends, or more than one in a row."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split()) if text else text


def clean_text(text: str | None) -> str | None:
    """Several lines, without the control characters that a database refuses or a mail would show."""
    if not text:
        return text
    kept = "".join(sign for sign in text if sign.isprintable() or sign in _BREAKS)
    return kept.replace("\r\n", "\n").replace("\r", "\n").strip()


def at_most(length: int) -> Length:
    """So many signs at most. Browsers may count line ends otherwise, so that this is checked here too."""
    return Length(max=length, message=_l("C’est trop long : %(max)d caractères au plus."))


class CountField(IntegerField):
    """A whole number between `least` and `most`, typed in digits. required: the sentence when it is missing, or False.

    A text box with a keypad: a browser's number box sends nothing at all for « deux », and what was typed is lost.
    """

    widget = TextInput()

    def __init__(
        self, label: Any, *, least: int = 0, most: int, required: Any = True, render_kw: Any = None, **kwargs: Any
    ) -> None:
        self.least, self.most = least, most
        check = InputRequired(NUMBER_MISSING if required is True else required) if required else Optional()
        keypad = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(label, [check], render_kw={**keypad, **(render_kw or {})}, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = "".join(valuelist[0].split()) if valuelist else ""
        if valuelist:
            self.data = None
        if not typed:
            return
        # Not int() alone: it would also take « 1_0 », and raise on thousands of digits.
        if not re.fullmatch(r"-?[0-9]{1,40}", typed):
            raise ValueError(_("Indiquez un nombre entier, en chiffres."))
        self.data = int(typed)

    def pre_validate(self, form: Any) -> None:
        # What is no number is neither too large nor too small: one sentence is enough.
        if self.process_errors:
            raise StopValidation()

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if self.data is not None and not self.errors and not self.least <= self.data <= self.most:
            raise ValidationError(
                _("Indiquez un nombre entre %(least)d et %(most)d.", least=self.least, most=self.most)
            )


class ChoiceField(SelectField):
    """A list of which one line must be chosen; a value that is not in it gets a sentence."""

    def __init__(self, label: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(label, *args, invalid_value_message=NOT_IN_LIST, invalid_choice_message=NOT_IN_LIST, **kwargs)


class MultiCheckboxField(SelectMultipleField):
    """Several lines of a list, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(label, *args, invalid_value_message=NOT_IN_LIST, invalid_choice_message=NOT_IN_LIST, **kwargs)


class DayField(DateField):
    """A day, as browsers send it or as people write it: 2027-01-12, 12/01/2027."""

    data: Any

    def __init__(self, label: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(label, *args, format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            # Emptied is not untouched: what the field held before must go.
            self.data = None
        try:
            super().process_formdata([text.strip() for text in valuelist if text.strip()])
        except ValueError:
            raise ValueError(_("Cette date n’existe pas : écrivez par exemple 12/01/2027.")) from None

    def pre_validate(self, form: Any) -> None:
        # Years of two digits are a slip of the keyboard, not the time of Nero.
        if self.data and self.data.year < 1000:
            raise StopValidation(_("Écrivez l’année en quatre chiffres."))
        # Nothing here lasts that long, and the day after the last one that can be written does not exist.
        if self.data and self.data.year > LAST_YEAR:
            raise StopValidation(_("Cette date est trop lointaine."))


class HourField(TimeField):
    """An hour, from the browser's clock (some add seconds) or typed the French way: 9 h 30."""

    data: Any

    def __init__(self, label: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(label, *args, format=["%H:%M", "%H:%M:%S", "%Hh%M", "%H h %M"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            # Emptied is not untouched: what the field held before must go.
            self.data = None
        try:
            super().process_formdata([text.strip() for text in valuelist if text.strip()])
        except ValueError:
            raise ValueError(_("Cette heure n’existe pas : écrivez par exemple 09:30.")) from None
