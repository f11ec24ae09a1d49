"""Every environment variable, read once, with its default."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class SettingsError(RuntimeError):
    """The service cannot start as configured; the sentence says what to set."""


def _flag(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true", "yes", "on"}


def database_url(value: str) -> str:
    """The address as SQLAlchemy wants it: PostgreSQL always through psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if value.startswith(prefix):
            return "postgresql+psycopg://" + value.removeprefix(prefix)
    return value


def _secret_key(env: Mapping[str, str], app_env: str, instance: Path) -> str:
    if key := env.get("SECRET_KEY"):
        return key
    if app_env == "production":
        raise SettingsError(
            "SECRET_KEY is not set: production needs one (python -c 'import secrets; print(secrets.token_hex())')"
        )
    kept = instance / "secret_key"
    if not kept.exists():
        instance.mkdir(parents=True, exist_ok=True)
        kept.write_text(secrets.token_hex())
        kept.chmod(0o600)
    return kept.read_text().strip()


def load(instance: Path, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The Flask configuration made of the environment (product, section 7)."""
    env = os.environ if env is None else env
    app_env = env.get("APP_ENV", "production")
    base_url = env.get("BASE_URL", "http://127.0.0.1:5000").rstrip("/")
    key = _secret_key(env, app_env, instance)
    https = base_url.startswith("https://")
    host = base_url.split("//", 1)[-1].split("/")[0].split(":")[0]
    return {
        "APP_ENV": app_env,
        "BASE_URL": base_url,
        "CALENDAR_DOMAIN": env.get("CALENDAR_DOMAIN", "etabli.example"),
        "SECRET_KEY": key,
        "SQLALCHEMY_DATABASE_URI": database_url(env.get("DATABASE_URL") or f"sqlite:///{instance / 'etabli.sqlite'}"),
        "DATABASE_REPLICA_URL": env.get("DATABASE_REPLICA_URL"),
        "MAX_CONTENT_LENGTH": 4 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "SESSION_COOKIE_NAME": "etabli",
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "fr",
        "BABEL_DEFAULT_TIMEZONE": "UTC",
        "BABEL_TRANSLATION_DIRECTORIES": str(Path(__file__).parent / "translations"),
        # Mail: with no server configured, messages land as .eml files in instance/mail/.
        "MAIL_SERVER": env.get("MAIL_SERVER", ""),
        "MAIL_PORT": int(env.get("MAIL_PORT", "25")),
        "MAIL_USERNAME": env.get("MAIL_USERNAME"),
        "MAIL_PASSWORD": env.get("MAIL_PASSWORD"),
        "MAIL_USE_TLS": _flag(env.get("MAIL_USE_TLS")),
        "MAIL_SENDER": env.get(
            "MAIL_SENDER", f"rendez-vous@{host if '.' in host and host != '127.0.0.1' else 'etabli.example'}"
        ),
        "MAIL_REPLY_TO": env.get("MAIL_REPLY_TO", ""),
        "MAIL_BOUNCE": env.get("MAIL_BOUNCE", ""),
        "MAIL_ALLOWED_DOMAINS": tuple(
            d.strip().lower() for d in env.get("MAIL_ALLOWED_DOMAINS", "").split(",") if d.strip()
        ),
        "MAIL_SINK_DIR": str(instance / "mail"),
        "REDIS_URL": env.get("REDIS_URL"),
        "SENTRY_DSN": env.get("SENTRY_DSN"),
    }
