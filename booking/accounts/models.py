"""People, and the memberships their rights come from."""

from __future__ import annotations

import enum
import uuid
from datetime import datetime
from typing import Any

from flask import current_app
from flask_security import RoleMixin, UserMixin
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text, true
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from booking.companies.models import Company
from booking.core.db import Model, StrEnumType
from booking.core.i18n import _
from booking.schools.models import School


class Person(Model, UserMixin):
    """Somebody with an account. Flask-Security fills the columns below the line."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    first_name: Mapped[str] = mapped_column(String(80), default="")
    last_name: Mapped[str] = mapped_column(String(80), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    mobile: Mapped[str] = mapped_column(String(30), default="")
    language: Mapped[str] = mapped_column(String(5), default="fr")
    wants_reminders: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_alerts: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    # The person left the service: what was personal is blank, the row stays for the bookings that count it.
    closed_at: Mapped[datetime | None]
    # --- Flask-Security (its mixin types three of these as never empty; before the first sign-in they are)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: uuid.uuid4().hex)
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    current_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int | None] = mapped_column(default=0)  # type: ignore[assignment]
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_phone_number: Mapped[str | None] = mapped_column(String(64))
    us_totp_secrets: Mapped[str | None] = mapped_column(Text)
    us_phone_number: Mapped[str | None] = mapped_column(String(64))
    # Mutable: Flask-Security takes a used code out of the list in place.
    mf_recovery_codes: Mapped[list[Any] | None] = mapped_column(MutableList.as_mutable(JSON))

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="person", foreign_keys="Membership.person_id", order_by="Membership.id"
    )

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """Flask-Security's global roles: none, rights come from memberships (product, section 1)."""
        return []

    @property
    def name(self) -> str:
        if self.closed_at:
            return _("Compte fermé")
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def known_as(self) -> str:
        """The name, as the other side of a booking reads it: an address is never disclosed in its place."""
        return _("nom non renseigné") if "@" in self.name else self.name

    @property
    def needs_two_factor(self) -> bool:
        """Officers and administrators must sign in with a second factor where the service demands it (production)."""
        return bool(current_app.config["TWO_FACTOR_FOR_OFFICERS"]) and any(
            m.is_active and m.role in OVERSIGHT_ROLES for m in self.memberships
        )

    def check_tf_required(self, tf_setup_methods: Any, tf_fresh: bool) -> tuple[bool, Any]:
        """Flask-Security asks at each sign-in: demanded by the role, or set up by the person."""
        required, methods = super().check_tf_required(tf_setup_methods, tf_fresh)
        return required or self.needs_two_factor, methods

    def check_tf_required_setup(self) -> bool:
        """Flask-Security asks on the set-up page: true leaves no way to switch the second factor off."""
        return self.needs_two_factor


class Role(RoleMixin):
    """The global role that Flask-Security's datastore wants to know about. None exists: no table, no row."""

    name: str


class MemberRole(enum.StrEnum):
    TEACHER = "teacher"
    HEAD = "head"
    DELEGATE = "delegate"
    HOST = "host"
    HOST_MANAGER = "host_manager"
    OFFICER = "officer"
    ADMIN = "admin"


SCHOOL_ROLES = frozenset({MemberRole.TEACHER, MemberRole.HEAD, MemberRole.DELEGATE})
COMPANY_ROLES = frozenset({MemberRole.HOST, MemberRole.HOST_MANAGER})
OVERSIGHT_ROLES = frozenset({MemberRole.OFFICER, MemberRole.ADMIN})


class ScopeKind(enum.StrEnum):
    NATIONAL = "national"
    REGION_ACADEMIQUE = "region_academique"
    ACADEMIE = "academie"
    DEPARTEMENT = "departement"
    PREFECTURE = "prefecture"
    GROUP = "group"


class MemberState(enum.StrEnum):
    """PENDING: a company's manager must accept. SUSPENDED: the school says that the person doesn't teach there, and an
    officer decides. REFUSED: an officer, or the manager, said no. ENDED: the person left, or was taken out."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REFUSED = "refused"
    ENDED = "ended"


def _unique_where(name: str, *columns: str, where: str) -> Index:
    """A unique index over the rows that satisfy `where`, on both databases."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


class Membership(Model):
    """One person's role in one school, one company or one territory; trust is per membership.

    A school role has school_id, a company role company_id, an officer scope_kind and scope_code, an admin none.
    """

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint(
            "(role IN ('teacher','head','delegate') AND school_id IS NOT NULL AND company_id IS NULL AND scope_kind IS NULL)"
            " OR (role IN ('host','host_manager') AND company_id IS NOT NULL AND school_id IS NULL AND scope_kind IS NULL)"
            " OR (role = 'officer' AND scope_kind IS NOT NULL AND school_id IS NULL AND company_id IS NULL)"
            " OR (role = 'admin' AND school_id IS NULL AND company_id IS NULL AND scope_kind IS NULL)",
            name="one_scope",
        ),
        _unique_where("uq_membership_school", "person_id", "role", "school_id", where="school_id IS NOT NULL"),
        _unique_where("uq_membership_company", "person_id", "role", "company_id", where="company_id IS NOT NULL"),
        _unique_where("uq_membership_scope", "person_id", "scope_kind", "scope_code", where="scope_kind IS NOT NULL"),
        _unique_where("uq_membership_admin", "person_id", where="role = 'admin'"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(StrEnumType(MemberRole))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"), index=True)
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    scope_kind: Mapped[ScopeKind | None] = mapped_column(StrEnumType(ScopeKind))
    scope_code: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[MemberState] = mapped_column(StrEnumType(MemberState), default=MemberState.ACTIVE)
    trusted_at: Mapped[datetime | None]
    trust_due_at: Mapped[datetime | None]
    # The person who vouched or said no, and what they said; nobody when the address or the school's mailbox did.
    trusted_by_id: Mapped[int | None]
    trust_note: Mapped[str] = mapped_column(String(300), default="", server_default=text("''"))
    # The site that a colleague comes from and the company doesn't have: opened with the yes (decision 032).
    proposed_site: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="memberships", foreign_keys=[person_id])
    school: Mapped[School | None] = relationship()
    company: Mapped[Company | None] = relationship()

    @property
    def is_active(self) -> bool:
        return self.state is MemberState.ACTIVE

    @property
    def is_trusted(self) -> bool:
        return self.is_active and self.trusted_at is not None


class ActionLink(Model):
    """A link of a mail that acts without an account, for one purpose: a page of `/a/<token>` (product, section 11).

    object_key: what it is about, such as « membership/12 ». Of the token only the hash is kept: reading the database
    opens no link.
    """

    __tablename__ = "action_link"
    __table_args__ = (Index("ix_action_link_object", "object_key", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    object_key: Mapped[str] = mapped_column(String(120))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
