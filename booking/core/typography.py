"""French spacing of what people typed: a line never begins with a colon, and « guillemets » hold on to their words."""

from __future__ import annotations

import re

NBSP = "\u00a0"

# Left as they are: addresses of pages and mailboxes, hours and other figures around a colon, entities, smileys.
_SMILEY = r"[:;]-?[()DP](?!\w)"
_KEPT = rf"(?P<kept>(?:https?|ftp|webcals?|mailto|tel):\S+|\bwww\.\S+|\S+@\S+|\d:\d|&(?:#\w+|\w+);|{_SMILEY})"
_BLANKS = r"[ \t\u00a0\u202f]"
_RULES = re.compile(
    rf"{_KEPT}"
    # A space that is there becomes one that does not break; after a word, one that is missing is put in.
    rf"|{_BLANKS}+(?!{_SMILEY})(?P<spaced>[;:?!»])"
    rf"|(?<=[\w)\]’'”\"»%])(?P<tight>[;:?!]|»)(?=$|[\s;:?!»)\].,…\"”])"
    rf"|(?P<opening>«){_BLANKS}*(?=\S)"
    rf"|(?<=\d){_BLANKS}h(?!\w)(?:{_BLANKS}(?=\d\d\b))?(?P<hour>)"
)


def french_spaces(text: str) -> str:
    """The plain text with no-break spaces before : ; ? ! » and after «, and in « 9 h 30 ».

    Nothing is changed inside an address, nor in 9:30. Applied twice it gives the same text.
    """
    return _RULES.sub(_mended, text)


def _mended(found: re.Match[str]) -> str:
    if found["kept"]:
        return found[0]
    if found["opening"]:
        return f"«{NBSP}"
    if found["hour"] is not None:
        return re.sub(_BLANKS, NBSP, found[0])
    return f"{NBSP}{found['spaced'] or found['tight']}"
