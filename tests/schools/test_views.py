from booking.schools.models import SchoolKind
from booking.schools.rules import search_text
from tests import make


def make_findable(name="Collège Louis Pasteur", commune="Brunoy", **values):
    school = make.make_school(name=name, commune_name=commune, **values)
    school.search_text = search_text(school.uai, name, SchoolKind.COLLEGE, "COLLEGE", commune, school.postcode)
    make.db.session.commit()
    return school


def test_schools_are_suggested_to_anybody_and_may_be_cached(client):
    school = make_findable(official_email="secretariat@example.org")
    answer = client.get("/suggestions/schools?q=past brun")
    assert answer.json["results"] == [
        {
            "uai": school.uai,
            "name": "Collège Louis Pasteur",
            "kind": "college",
            "commune": "Brunoy",
            "departement": "91",
            "label": f"Collège Louis Pasteur, Brunoy (91) – {school.uai}",
        }
    ]
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    assert "secretariat" not in answer.text


def test_suggestions_can_stay_within_a_departement(client):
    make_findable()
    assert len(client.get("/suggestions/schools?q=pasteur&departement=91").json["results"]) == 1
    assert client.get("/suggestions/schools?q=pasteur&departement=75").json["results"] == []


def test_a_school_that_is_not_listed_is_not_suggested(client):
    make_findable(is_listed=False)
    assert client.get("/suggestions/schools?q=pasteur").json == {"results": []}


def test_odd_questions_get_an_empty_answer(client):
    make_findable()
    for question in ("", "?q=", "?q=%00", "?q=%25", "?q=" + "a" * 5000, "?q=pasteur&departement=%00"):
        answer = client.get(f"/suggestions/schools{question}")
        assert (answer.status_code, answer.json) == (200, {"results": []})
