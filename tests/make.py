"""Small functions that make rows with good defaults: a test states only what it is about."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from booking.accounts.models import MemberRole, Membership, Person, ScopeKind
from booking.bookings.models import Booking
from booking.bookings.rules.states import State
from booking.catalogue.labelling.models import CriterionFact, LabelCriterion
from booking.catalogue.models import (
    Activity,
    ActivityKind,
    ActivityLevel,
    ConfirmationMode,
    Edition,
    PublicationState,
    Slot,
)
from booking.catalogue.search import index_activity
from booking.companies.models import Company, Site, Trust
from booking.core.db import db
from booking.schools.models import School, SchoolClass, SchoolKind
from booking.territory.models import Academie, Commune, Departement
from booking.territory.rules import fold

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def _add(row):
    db.session.add(row)
    db.session.commit()
    return row


def make_departement(code="91", name="Essonne", academie="25", academie_name="Versailles", zone="C",
                     region="Île-de-France", timezone="Europe/Paris") -> Departement:  # fmt: skip
    if found := db.session.get(Departement, code):
        return found
    if academie and not db.session.get(Academie, academie):
        slug = academie_name.lower()
        _add(Academie(code=academie, name=academie_name, slug=slug, region_academique=region, holiday_zone=zone,
                      mail_domain=f"ac-{slug}.fr"))  # fmt: skip
    return _add(Departement(code=code, name=name, kind="departement", geo_zone="metro", region_name=region,
                            academie_code=academie, holiday_zone=zone, timezone=timezone))  # fmt: skip


def make_commune(insee="91228", name="Évry-Courcouronnes", postcode="91000", departement="91", latitude=48.63,
                 longitude=2.44) -> Commune:  # fmt: skip
    make_departement(departement)
    if found := db.session.get(Commune, insee):
        return found
    return _add(Commune(insee=insee, name=name, search_name=fold(name), kind="commune", postcodes=postcode,
                        departement_code=departement, population=66000, latitude=latitude, longitude=longitude))  # fmt: skip


UAI_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def make_school(name="Collège Louis Pasteur", departement="91", **values) -> School:
    place = make_departement(departement)
    number = 910000 + next(_numbers)
    uai = values.pop("uai", f"{number:07d}{UAI_LETTERS[number % 23]}")
    defaults = dict(kind=SchoolKind.COLLEGE, nature="COLLEGE", commune_insee="91114", commune_name="Brunoy",
                    address="18 rue de Soulins", postcode="91800", academie_code=place.academie_code,
                    latitude=48.70202, longitude=2.49541)  # fmt: skip
    return _add(School(uai=uai, name=name, departement_code=departement, **{**defaults, **values}))


def make_person(email=None, first_name="Claire", last_name="Dupont", confirmed=True, password="etabli-demo", **values):
    email = email or f"personne{next(_numbers)}@example.org"
    return _add(Person(email=email, first_name=first_name, last_name=last_name, password=password,
                       confirmed_at=NOW if confirmed else None, created_at=NOW, **values))  # fmt: skip


def make_teacher(school=None, trusted=True, **values) -> Person:
    school = school or make_school()
    person = make_person(**values)
    _add(Membership(person_id=person.id, role=MemberRole.TEACHER, school_id=school.id, created_at=NOW,
                    trusted_at=NOW if trusted else None))  # fmt: skip
    return person


def make_class(teacher=None, school=None, **values) -> SchoolClass:
    if teacher is None:
        school = school or make_school()
        teacher = make_teacher(school)
    school_id = school.id if school else teacher.memberships[0].school_id
    defaults = dict(name="4e B", level_code="4E", pupils=27, adults=3, school_year=2026, created_at=NOW)
    return _add(SchoolClass(school_id=school_id, owner_id=teacher.id, **{**defaults, **values}))


def siret(siren: str, nic: int = 1) -> str:
    """A SIRET of this SIREN with a valid key."""
    from stdnum import luhn

    body = f"{siren}{nic:04d}"
    return body + luhn.calc_check_digit(body)


def siren() -> str:
    from stdnum import luhn

    body = f"{90000000 + next(_numbers):08d}"
    return body + luhn.calc_check_digit(body)


def make_company(name="Turbines du Hurepoix", trusted=True, **values) -> Company:
    return _add(Company(siren=values.pop("siren", siren()), name=name, sector=values.pop("sector", "metallurgie-mecanique"),
                        trust=Trust.TRUSTED if trusted else Trust.PENDING, trusted_at=NOW if trusted else None,
                        created_at=NOW, **values))  # fmt: skip


def make_site(company=None, departement="91", **values) -> Site:
    company = company or make_company()
    place = make_departement(departement)
    commune = make_commune(departement=departement) if departement == "91" else make_commune(
        insee=f"{departement}001"[:5], name="Ailleurs", departement=departement)  # fmt: skip
    defaults = dict(name=company.name, address="12 rue des Ateliers", postcode="91000", commune_insee=commune.insee,
                    commune_name=commune.name, latitude=48.63, longitude=2.44, timezone=place.timezone,
                    siret=siret(company.siren, next(_numbers) % 9000 + 1), created_at=NOW)  # fmt: skip
    return _add(Site(company_id=company.id, departement_code=departement, **{**defaults, **values}))


def make_host(company=None, role=MemberRole.HOST_MANAGER, first_name="Karim", last_name="Leroy", **values) -> Person:
    company = company or make_company()
    person = make_person(first_name=first_name, last_name=last_name, phone="01 60 00 00 00", **values)
    _add(Membership(person_id=person.id, role=role, company_id=company.id, created_at=NOW, trusted_at=NOW))
    return person


def make_officer(scope_kind=ScopeKind.ACADEMIE, scope_code="25", **values) -> Person:
    person = make_person(first_name="Odile", last_name="Martin", **values)
    _add(Membership(person_id=person.id, role=MemberRole.OFFICER, scope_kind=scope_kind, scope_code=scope_code,
                    created_at=NOW, trusted_at=NOW))  # fmt: skip
    return person


def make_admin(**values) -> Person:
    person = make_person(first_name="Ada", last_name="Min", **values)
    _add(Membership(person_id=person.id, role=MemberRole.ADMIN, created_at=NOW, trusted_at=NOW))
    return person


def make_edition(slug="2027", **values) -> Edition:
    if found := db.session.scalar(db.select(Edition).filter_by(slug=slug)):
        return found
    defaults = dict(name="Semaine de l’industrie 2027", starts_on=date(2027, 1, 11), ends_on=date(2027, 1, 17),
                    window_starts_on=date(2026, 9, 1), window_ends_on=date(2027, 7, 2), created_at=NOW)  # fmt: skip
    return _add(Edition(slug=slug, **{**defaults, **values}))


def make_activity(site=None, contact=None, edition=None, levels=("4E", "3E"), **values) -> Activity:
    site = site or make_site()
    contact = contact or make_host(site.company)
    edition = edition or make_edition()
    defaults = dict(kind=ActivityKind.SITE_VISIT, title="Dans les coulisses d’un atelier de turbines",
                    summary="Du bloc d’acier à l’aube de turbine.", description="Votre classe suit une pièce.",
                    sector="metallurgie-mecanique", confirmation=ConfirmationMode.INSTANT,
                    state=PublicationState.PUBLISHED, created_at=NOW, updated_at=NOW, published_at=NOW)  # fmt: skip
    activity = Activity(site_id=site.id, company_id=site.company_id, contact_id=contact.id, edition_id=edition.id,
                        **{**defaults, **values})  # fmt: skip
    activity.levels = [ActivityLevel(level_code=code) for code in levels]
    db.session.add(activity)
    db.session.flush()
    index_activity(activity)
    return _add(activity)


def make_slot(
    activity=None, local_start=datetime(2027, 1, 12, 9, 0), hours=2.5, closes_days_before=3, **values
) -> Slot:
    activity = activity or make_activity()
    zone = ZoneInfo(activity.site.timezone)
    local_end = local_start + timedelta(hours=hours)
    starts_at = local_start.replace(tzinfo=zone).astimezone(UTC)
    defaults = dict(max_classes=1, max_pupils=32, adults_per_class=1, created_at=NOW, updated_at=NOW,
                    departement_code=activity.site.departement_code,
                    academie_code=activity.site.departement.academie_code)  # fmt: skip
    return _add(Slot(activity_id=activity.id, local_start=local_start, local_end=local_end, timezone=zone.key,
                     starts_at=starts_at, ends_at=local_end.replace(tzinfo=zone).astimezone(UTC),
                     closes_at=starts_at - timedelta(days=closes_days_before), **{**defaults, **values}))  # fmt: skip


def make_booking(slot=None, school_class=None, teacher=None, state=State.CONFIRMED, **values) -> Booking:
    """A booking as its row alone: places are not taken, nobody is told. Services do that."""
    slot = slot or make_slot()
    teacher = teacher or (db.session.get(Person, school_class.owner_id) if school_class else make_teacher())
    school_class = school_class or make_class(teacher)
    activity, school = slot.activity, school_class.school
    defaults = dict(class_name=school_class.name, level_code=school_class.level_code, pupils=school_class.pupils,
                    adults=school_class.adults, place=activity.site.one_line, place_latitude=activity.site.latitude,
                    place_longitude=activity.site.longitude, departement_code=school.departement_code,
                    academie_code=school.academie_code, created_at=NOW, updated_at=NOW, booked_by_id=teacher.id,
                    confirmed_at=NOW if state is State.CONFIRMED else None)  # fmt: skip
    return _add(Booking(slot_id=slot.id, edition_id=activity.edition_id, class_id=school_class.id, school_id=school.id,
                        teacher_id=teacher.id, state=state, **{**defaults, **values}))  # fmt: skip


CRITERIA = ("L’activité est gratuite.", "Ses dates sont dans la période de l’édition.", "Elle parle de l’industrie.")


def make_labelling(edition=None, wordings=CRITERIA, **values):
    """The edition gives a label, for these criteria."""
    edition = edition or make_edition()
    edition.labelling_enabled = True
    for name, value in values.items():
        setattr(edition, name, value)
    facts = [CriterionFact.NONE, CriterionFact.IN_WINDOW, CriterionFact.INDUSTRY, CriterionFact.OPEN_TO_PUBLIC]
    for position, wording in enumerate(wordings, start=1):
        db.session.add(LabelCriterion(edition_id=edition.id, position=position, wording=wording,
                                      wording_en=f"Criterion {position}.", fact=facts[(position - 1) % 4]))  # fmt: skip
    db.session.commit()
    return edition
