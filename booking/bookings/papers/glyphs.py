"""Which letters the fonts of the papers can draw: a PDF/UA with one that is missing is refused by its maker."""

from __future__ import annotations

import re
import unicodedata

# The letters that both weights of the text font have, as code points in base 16 (booking/static/fonts/papers).
_RANGES = (
    "20-7E A0-AC AE-B4 B6-107 10A-113 116-11B 11E-123 126-127 12A-12B 12E-133 136-137 139-13E 141-148 150-155 158-15B"
    " 15E-165 16A-16B 16E-17E 192 218-21B 237 2C6-2C7 2C9 2DA 2DC-2DD 300-301 303-304 308 1E80-1E85 1E9E 1EF2-1EF3 2009"
    " 2013-2014 2018-201A 201C-201E 2020 2022 2026 2039-203A 2044 20AC 20B9 2113 2122 2212 2215"
)
_INSTEAD = {"\u202f": "\u00a0", "→": "–", "⇒": "–", "№": "n°", "≤": "au plus ", "≥": "au moins "}
# Where a line may break inside what has no space: an address of a page, or a slip of the keyboard.
_ZERO_WIDTH_SPACE = "\u200b"
_LONGEST_WORD = 34


def _letters(ranges: str) -> frozenset[str]:
    ends = [part.split("-") for part in ranges.split()]
    return frozenset(chr(code) for end in ends for code in range(int(end[0], 16), int(end[-1], 16) + 1))


DRAWN = _letters(_RANGES)


def drawable(text: str) -> str:
    """The text with only what the fonts draw; line ends stay. A letter of another script becomes « ? », a picture goes."""
    letters = "".join(_drawn(sign) for sign in unicodedata.normalize("NFC", text))
    return re.sub(rf"\S{{{_LONGEST_WORD}}}(?=\S)", rf"\g<0>{_ZERO_WIDTH_SPACE}", letters)


def _drawn(sign: str) -> str:
    if sign in DRAWN or sign == "\n":
        return sign
    if sign in _INSTEAD:
        return _INSTEAD[sign]
    plain = "".join(part for part in unicodedata.normalize("NFKD", sign) if part in DRAWN)
    if plain:
        return plain
    if sign.isspace():
        return " "
    return "?" if sign.isalnum() else ""
