"""Plain text as a mail shows it: lines of at most 78 characters, links whole."""

from __future__ import annotations

import re
import textwrap

WIDTH = 78


def wrapped(text: str) -> str:
    """The text with long lines cut at spaces, never inside a link or at a no-break space; at most one blank line."""
    lines = [_wrap(line.rstrip(" ")) for line in text.strip("\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _wrap(line: str) -> str:
    indent = re.match(r" *(- )?", line)
    return textwrap.fill(
        line, WIDTH, subsequent_indent=" " * len(indent[0] if indent else ""), break_long_words=False,
        break_on_hyphens=False, expand_tabs=False, replace_whitespace=False, drop_whitespace=True,
    ) if len(line) > WIDTH else line  # fmt: skip
