"""Type-ahead over the schools."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from booking.schools import queries
from booking.schools.models import School

bp = Blueprint("schools", __name__)
LONGEST_QUESTION = 120
FRESH_SECONDS = 300


@bp.get("/suggestions/schools")
def suggest() -> Response:
    """Up to ten schools for `q`, within `departement` if given: public reference data."""
    found = queries.search_schools(
        request.args.get("q", "")[:LONGEST_QUESTION], departement=request.args.get("departement") or None
    )
    answer = jsonify({"results": [_as_json(school) for school in found]})
    answer.cache_control.public = True
    answer.cache_control.max_age = FRESH_SECONDS
    return answer


def _as_json(school: School) -> dict[str, object]:
    return {
        "uai": school.uai,
        "name": school.name,
        "kind": school.kind.value,
        "commune": school.commune_name,
        "departement": school.departement_code,
        "label": school.one_line,
    }
