"""The application, for gunicorn (`gunicorn wsgi:app`) and for `flask --app wsgi …`."""

from booking import create_app

app = create_app()
