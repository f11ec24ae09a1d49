"""Type-ahead over the communes."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from booking.territory import queries
from booking.territory.models import Commune

bp = Blueprint("territory", __name__)
LONGEST_QUESTION = 120
FRESH_SECONDS = 300


@bp.get("/suggestions/communes")
def suggest() -> Response:
    """Up to ten communes for `q`: public reference data."""
    found = queries.search_communes(request.args.get("q", "")[:LONGEST_QUESTION])
    return suggestions([_as_json(commune) for commune in found])


def suggestions(found: list[dict[str, object]]) -> Response:
    """A list of suggestions that any cache may keep for a few minutes."""
    answer = jsonify({"results": found})
    answer.cache_control.public = True
    answer.cache_control.max_age = FRESH_SECONDS
    return answer


def _as_json(commune: Commune) -> dict[str, object]:
    postcodes = commune.postcodes.split()
    return {
        "insee": commune.insee,
        "name": commune.name,
        "postcodes": postcodes,
        "departement": commune.departement_code,
        "label": f"{commune.name} ({postcodes[0] if len(postcodes) == 1 else commune.departement_code})",
    }
