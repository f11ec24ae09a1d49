"""Error pages, headers, addresses of static files, the form macros, and what templates may write."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask, abort, render_template_string
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from wtforms import BooleanField, EmailField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired
from wtforms.widgets import CheckboxInput, ListWidget

from booking.core import web
from booking.core.db import db
from booking.core.errors import Refusal
from booking.core.forms import Form
from booking.core.i18n import speaking
from tests import make
from tests.applications import make_app
from tests.sign_in import signed_in

# These tests add addresses to the application.
pytestmark = pytest.mark.own_app


def serve(app: Flask, path: str, view) -> None:
    app.add_url_rule(path, path.strip("/"), view)


def production_like(app: Flask) -> None:
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)


@pytest.mark.parametrize("code", [400, 403, 404, 405, 410, 413, 415, 429])
def test_each_refused_address_gets_a_page_of_the_site_with_a_sentence(app, client, code):
    serve(app, "/refused", lambda: abort(code))

    answer = client.get("/refused")

    assert answer.status_code == code
    assert "<h1>" in answer.text
    assert "Établi</a>" in answer.text


def test_an_unknown_address_is_a_404_in_the_language_of_its_prefix(client):
    answer = client.get("/en/nothing-here")

    assert answer.status_code == 404
    assert '<html lang="en">' in answer.text


def test_typed_words_get_their_spaces_on_a_french_page_only_and_stay_escaped(app):
    typed = "{{ words | fr }}"
    with app.test_request_context():
        assert render_template_string(typed, words="Quoi ? <b>") == "Quoi\u00a0? &lt;b&gt;"
        with speaking("en"):
            assert render_template_string(typed, words="Quoi ?") == "Quoi ?"


def test_a_bug_gives_a_page_that_admits_it(app, client):
    production_like(app)
    serve(app, "/bug", lambda: 1 / 0)

    answer = client.get("/bug")

    assert answer.status_code == 500
    assert "Nous avons une panne" in answer.text


def test_the_page_of_a_failure_does_not_read_the_database(app, client, monkeypatch):
    production_like(app)
    person = make.make_teacher()
    signed_in(client, person)

    def down(*_args, **_kwargs):
        raise OperationalError("SELECT", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(type(db.session()), "execute", down)
    answer = client.get("/programme")

    assert answer.status_code == 500
    assert "Nous avons une panne" in answer.text


def test_a_refusal_without_a_form_is_a_page_with_its_sentence(app, client):
    def refuse():
        raise Refusal("Il reste 12 places.")

    serve(app, "/no", refuse)

    answer = client.get("/no")

    assert answer.status_code == 409
    assert "Il reste 12 places." in answer.text


def test_a_form_without_its_token_says_how_to_lose_nothing(tmp_path):
    app = make_app("sqlite://", tmp_path, WTF_CSRF_ENABLED=True)
    app.add_url_rule("/sent", "sent", lambda: "taken", methods=["POST"])
    with app.app_context():
        db.create_all()
        answer = app.test_client().post("/sent")

    assert answer.status_code == 400
    assert "Pour ne rien perdre" in answer.text


def test_every_answer_carries_the_security_headers(client):
    for path in ("/", "/nothing-here", "/healthz"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in headers


def test_a_site_served_over_https_asks_browsers_to_stay_there(app, client):
    app.config["BASE_URL"] = "https://etabli.example"

    assert "max-age=" in client.get("/healthz").headers["Strict-Transport-Security"]


def test_pages_hold_no_inline_style_nor_script(client):
    text = client.get("/").text

    assert " style=" not in text
    assert "<style" not in text
    assert "<script>" not in text


def test_a_static_address_names_the_content_and_is_kept_for_a_year(app, client):
    with app.test_request_context("/"):
        address = web.static_url("css/etabli.css")
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/en", "booking.language": "en"}):
        assert web.static_url("css/etabli.css") == address

    with client.get(address) as answer, client.get("/static/css/etabli.css") as without_hash:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert "immutable" not in without_hash.headers.get("Cache-Control", "")


def test_the_language_link_leads_to_the_same_page_and_back(client):
    assert 'href="/en/programme?departement=91"' in client.get("/programme?departement=91").text
    assert 'href="/programme?departement=91"' in client.get("/en/programme?departement=91").text


def test_health_tells_the_process_from_the_database(app, client, monkeypatch):
    assert client.get("/readyz").status_code == 200

    def down(*_args, **_kwargs):
        raise OperationalError("SELECT 1", {}, Exception("unreachable"))

    monkeypatch.setattr(type(db.session()), "execute", down)

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_an_address_that_no_room_serves_is_left_out(app):
    with app.test_request_context("/"):
        assert web.url_if("nowhere.home") is None
        assert web.url_if("programme.home") == "/"


def test_the_query_is_changed_in_place_and_keeps_the_rest(app):
    with app.test_request_context("/programme?kind=forum&page=3&level=4E"):
        assert web.change_query(kind=None, page=None) == "/programme?level=4E"
        assert web.change_query(page=2) == "/programme?kind=forum&level=4E&page=2"


def test_numbers_and_hours_are_written_as_in_french(app):
    class Visit:
        local_start, local_end, timezone = datetime(2027, 1, 12, 9), datetime(2027, 1, 12, 11, 30), "Indian/Reunion"

    with app.test_request_context("/"):
        assert web.format_number(1234) == "1\u202f234"
        assert web.format_hours(Visit) == "9\u00a0h\u00a0–\u00a011\u00a0h\u00a030 (heure de La Réunion)"


def test_a_signed_in_person_leaves_by_a_form_not_by_a_link(client):
    signed_in(client, make.make_teacher(first_name="Claire", last_name="Dupont"))

    text = client.get("/").text

    assert "Claire D." in text
    assert '<form method="post" action="/logout">' in text
    assert "Mes réservations" in text
    assert "Accueillir une classe</a>" not in text.split("</nav>")[0]


class Everything(Form):
    name = StringField("Nom", validators=[DataRequired("Donnez le nom.")], description="Comme sur la porte")
    email = EmailField("Adresse")
    text = TextAreaField("Texte")
    sector = SelectField("Secteur", choices=["eau"])
    kind = RadioField("Genre", choices=["a", "b"])
    levels = SelectMultipleField(
        "Niveaux", choices=["4E"], option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    agreed = BooleanField("J’accepte")


FORM = """{% from "macros/forms.html" import field, error_summary, hidden, submit %}
{{ error_summary(form) }}{{ hidden(form) }}
{% for each in form %}{{ field(each, autocomplete="off") }}{% endfor %}{{ submit("Envoyer") }}"""


def draw(form: Form) -> str:
    return render_template_string(FORM, form=form)


def test_the_field_macro_draws_every_kind_with_its_label(app):
    with app.test_request_context("/"):
        text = draw(Everything())

    for label in ("Nom", "Adresse", "Texte", "Secteur"):
        assert f">{label}" in text
    assert text.count("<fieldset") == 2
    assert "<legend>Genre</legend>" in text
    assert 'aria-describedby="name-hint"' in text
    assert 'autocomplete="off"' in text
    assert "error-summary" not in text


def test_an_error_stands_beside_its_field_and_leads_there_from_the_top(app):
    with app.test_request_context("/", method="POST", data={"kind": "a", "sector": "eau"}):
        form = Everything()
        assert not form.validate_on_submit()
        form.problems.append("La session a été reprise.")
        text = draw(form)

    assert 'aria-invalid="true"' in text
    assert 'aria-describedby="name-hint name-error"' in text
    assert '<div id="name-error"><span class="error">Donnez le nom.</span></div>' in text
    assert '<a href="#name">Nom – Donnez le nom.</a>' in text
    assert "<li>La session a été reprise.</li>" in text
    assert "autofocus" in text


def test_what_was_typed_is_escaped_and_kept(app):
    with app.test_request_context("/", method="POST", data={"name": '<b>"x"</b>'}):
        assert "&lt;b&gt;&#34;x&#34;&lt;/b&gt;" in draw(Everything())


def test_an_http_answer_made_by_the_view_is_left_alone(app, client):
    from werkzeug.wrappers import Response

    def answered():
        raise HTTPException(response=Response("mine", 418))

    serve(app, "/mine", answered)

    assert client.get("/mine").data == b"mine"


def test_anonymous_pages_set_no_cookie(client: FlaskClient):
    make.make_slot()

    for path in (
        "/",
        "/programme",
        "/programme?q=turbines",
        "/help",
        "/privacy",
        "/accessibility",
        "/legal",
        "/authorities",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "Set-Cookie" not in answer.headers, path
