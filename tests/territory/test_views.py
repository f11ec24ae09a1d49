from flask import render_template_string

from booking.territory.reference import ATTRIBUTION
from tests import make


def test_communes_are_suggested_to_anybody_and_may_be_cached(client):
    make.make_commune(insee="91114", name="Brunoy", postcode="91800")
    answer = client.get("/suggestions/communes?q=brun")
    assert answer.json == {
        "results": [
            {"insee": "91114", "name": "Brunoy", "postcodes": ["91800"], "departement": "91", "label": "Brunoy (91800)"}
        ]
    }
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers


def test_odd_questions_get_an_empty_answer(client):
    for question in ("", "?q=", "?q=%00", "?q=%25", "?q=" + "a" * 5000):
        answer = client.get(f"/suggestions/communes{question}")
        assert (answer.status_code, answer.json) == (200, {"results": []})


def test_templates_can_name_the_sources_of_the_data(app):
    with app.test_request_context():
        assert render_template_string("{{ attribution }}") == str(ATTRIBUTION)
        assert "Insee, Code officiel géographique 2026" in str(ATTRIBUTION)
