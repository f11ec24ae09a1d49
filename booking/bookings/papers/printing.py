"""A paper as PDF/UA-1, set by typst with our own fonts: no network, no font of the machine, no file left behind."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import qrcode
import typst
from flask import current_app

from booking.bookings.papers.glyphs import drawable

LAYOUT = "bookings/papers/paper.typ"
FONTS = "fonts/papers"
# The compiler keeps what it read between two papers; it serves one thread at a time.
_ONE_AT_A_TIME = Lock()


def pdf_of(content: dict[str, Any], made_at: datetime, layout: str = LAYOUT) -> bytes:
    """The PDF of a paper's content. The same content and moment give the same bytes.

    layout: another file of the templates that reads `sys.inputs.paper`.
    """
    folder, fonts = Path(str(current_app.template_folder)), Path(str(current_app.static_folder), FONTS)
    with _ONE_AT_A_TIME:
        made = _compiler(folder, fonts, layout).compile(
            format="pdf",
            sys_inputs={"paper": json.dumps(_drawable(content), ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=int(made_at.timestamp()),
        )
    assert isinstance(made, bytes)
    return made


@cache
def _compiler(folder: Path, fonts: Path, layout: str) -> typst.Compiler:
    ours = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
    return typst.Compiler(str(folder / layout), root=str(folder), font_paths=ours)


def _drawable(value: Any) -> Any:
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, dict):
        return {key: each if key == "svg" else _drawable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_drawable(each) for each in value]
    return value


def qr_svg(address: str) -> str:
    """A square code that a telephone reads, as a drawing of one path."""
    code = qrcode.QRCode(border=0)
    code.add_data(address)
    rows = code.get_matrix()
    squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(rows)} {len(rows)}"><path d="{squares}"/></svg>'
