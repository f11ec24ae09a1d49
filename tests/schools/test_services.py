import pytest
from sqlalchemy import func, select

from booking.core.db import db, transaction
from booking.schools import queries
from booking.schools.models import School, SchoolKind
from booking.schools.rules import UnknownUaiPlace, WrongCommune, WrongUaiLetter
from booking.schools.services import NameMissing, SchoolExists, add_school, import_schools, shipped_schools
from booking.territory.models import Commune
from booking.territory.reference_files import Line, Report
from booking.territory.services import import_communes, shipped_communes
from tests import make

NEW_UAI = "0919999Z"


@pytest.fixture(scope="module")
def essonne():
    communes = [line for line in shipped_communes() if line.values["departement"] in {"91", "2A", "974"}]
    schools = [line for line in shipped_schools() if line.values["departement"] in {"91", "2A", "974"}]
    return communes, schools


@pytest.fixture
def imported(app, essonne):
    with transaction():
        import_communes(essonne[0])
    with transaction():
        return import_schools(essonne[1])


def school(uai: str) -> School:
    return queries.school_by_uai(uai)


def test_schools_are_imported_once_and_a_second_time_changes_nothing(app, both_databases, essonne):
    communes, schools = essonne
    with transaction():
        import_communes(communes)
    with transaction():
        assert import_schools(schools) == Report(created=len(schools))
    with transaction():
        assert import_schools(schools) == Report(unchanged=len(schools))
    assert db.session.scalar(select(func.count()).select_from(School)) == len(schools)
    pasteur = school("0910009r")
    assert (pasteur.name, pasteur.kind, pasteur.is_public, pasteur.has_segpa, pasteur.has_general) == (
        "Collège Louis Pasteur", SchoolKind.COLLEGE, True, True, None,
    )  # fmt: skip
    assert (pasteur.commune_name, pasteur.departement_code, pasteur.academie_code) == ("Brunoy", "91", "25")
    assert pasteur.latitude == pytest.approx(48.70202)


def test_the_commune_is_written_as_the_insee_does(imported):
    assert school("0910017Z").commune_name == "Épinay-sur-Orge"


def test_sections_of_another_school_are_not_listed(imported):
    sections = db.session.scalars(select(School).where(School.nature.startswith("SECTION"))).all()
    assert sections
    assert not any(section.is_listed for section in sections)
    assert all(s.is_listed for s in db.session.scalars(select(School).where(~School.nature.startswith("SECTION"))))


def test_an_import_keeps_what_was_typed_in_and_what_was_added(app, both_databases, essonne):
    communes, schools = essonne
    with transaction():
        import_communes(communes)
    with transaction():
        import_schools(schools[:5])
    uai = schools[0].values["uai"]
    with transaction():
        school(uai).official_email = "ecole@example.org"
        school(uai).head_authorises_first = True
        school(uai).name = "Faux nom"
        add_school(NEW_UAI, "Collège neuf", SchoolKind.COLLEGE, commune=db.session.get(Commune, "91228"))
    with transaction():
        assert import_schools(schools[:5]) == Report(updated=1, unchanged=4)
    again = school(uai)
    assert again.name != "Faux nom"
    assert (again.official_email, again.head_authorises_first) == ("ecole@example.org", True)
    assert school(NEW_UAI).source == "ajout"


def test_a_school_added_by_hand_gets_its_data_when_a_file_brings_it(imported, essonne):
    line = next(line for line in essonne[1] if line.values["uai"] == "0910009R")
    values = {**line.values, "uai": NEW_UAI, "nom": "Collège officiel"}
    with transaction():
        add_school(NEW_UAI, "Collège neuf", SchoolKind.COLLEGE, commune=db.session.get(Commune, "91228"))
    with transaction():
        assert import_schools([Line(2, values)]) == Report(updated=1)
    assert (school(NEW_UAI).name, school(NEW_UAI).source) == ("Collège officiel", line.values["source"])


# ---- A school that is missing


def test_a_missing_school_is_added_by_its_uai(app, both_databases):
    commune = make.make_commune(insee="91114", name="Brunoy", postcode="91800")
    with transaction():
        added = add_school(" 091 9999 z", "  Collège   neuf ", SchoolKind.COLLEGE, commune=commune, postcode="91805")
    assert (added.uai, added.name, added.source, added.postcode) == (NEW_UAI, "Collège neuf", "ajout", "91805")
    assert (added.academie_code, added.departement_code, added.commune_name) == ("25", "91", "Brunoy")
    assert (added.latitude, added.geo_precision) == (commune.latitude, "centroide commune")
    assert added.is_listed
    assert [found.uai for found in queries.search_schools("neuf brunoy")] == [NEW_UAI]


def test_a_postcode_that_is_none_gives_way_to_the_communes(app):
    commune = make.make_commune(insee="91114", name="Brunoy", postcode="91800")
    with transaction():
        assert add_school(NEW_UAI, "Neuf", SchoolKind.ECOLE, commune=commune, postcode="x").postcode == "91800"


def test_a_school_that_is_there_is_shown_instead_of_added_twice(app, both_databases):
    commune = make.make_commune()
    with transaction():
        first = add_school(NEW_UAI, "Collège neuf", SchoolKind.COLLEGE, commune=commune)
    with pytest.raises(SchoolExists) as refused, transaction():
        add_school(NEW_UAI, "Autre nom", SchoolKind.COLLEGE, commune=commune)
    assert refused.value.school.id == first.id
    assert refused.value.message == "Cet établissement est déjà dans la liste\u00a0: Collège neuf, Évry-Courcouronnes."
    assert school(NEW_UAI).name == "Collège neuf"


@pytest.mark.parametrize(
    ("uai", "name", "refusal"),
    [
        ("0919999Y", "Neuf", WrongUaiLetter),
        ("0750001U", "Neuf", WrongCommune),
        (NEW_UAI, "  ", NameMissing),
        (NEW_UAI, "x" * 161, NameMissing),
        ("9990001X", "Neuf", UnknownUaiPlace),
    ],
)
def test_a_school_that_cannot_be_is_refused(app, uai, name, refusal):
    commune = make.make_commune()
    with pytest.raises(refusal), transaction():
        add_school(uai, name, SchoolKind.COLLEGE, commune=commune)
    assert db.session.scalar(select(func.count()).select_from(School)) == 0


# ---- Search


def names(text, **options):
    return [found.name for found in queries.search_schools(text, **options)]


def test_a_school_is_found_by_name_commune_postcode_or_uai(app, both_databases, essonne):
    communes, schools = essonne
    with transaction():
        import_communes(communes)
    with transaction():
        import_schools(schools)
    assert names("pasteur brunoy")[0] == "Collège Louis Pasteur"
    assert names("BRUNOY  Pasteur")[0] == "Collège Louis Pasteur"
    assert names("0910009r") == names("091 0009 R")[:1] == ["Collège Louis Pasteur"]
    assert "Collège Louis Pasteur" in names("91805")
    assert all("Épinay" in found.commune_name for found in queries.search_schools("epinay"))
    assert names("clg st pierre brunoy") == ["Collège Saint-Pierre"]
    assert names("lp evry")
    assert names("") == names("   ") == names("%") == names("_") == names("zzzzz") == []


def test_the_best_come_first_and_sections_never(imported):
    found = queries.search_schools("brunoy", limit=30)
    kinds = [one.kind for one in found]
    assert kinds.index(SchoolKind.ECOLE) > kinds.index(SchoolKind.COLLEGE)
    assert all(one.commune_name == "Brunoy" for one in found[:5])
    assert not any(one.nature.startswith("SECTION") for one in queries.search_schools("section", limit=50))
    assert len(queries.search_schools("e", limit=7)) == 7


def test_a_search_can_stay_within_a_departement(imported):
    assert {one.departement_code for one in queries.search_schools("college", departement="974")} == {"974"}
    assert queries.search_schools("college", departement="75") == []


def test_odd_questions_are_harmless(app, both_databases):
    assert names("college " * 500) == names("a" * 10_000) == names("\0") == []
    assert names("college", departement="\0") == []
    assert queries.school_by_uai("0910009\0") is None


# ---- Official mailbox


def test_the_mailbox_of_a_public_school_is_a_guess_until_somebody_types_it(app):
    public = make.make_school(uai="0910620E")
    assert queries.official_mailbox(public) == queries.Mailbox("ce.0910620e@ac-versailles.fr", is_guess=True)
    public.official_email = "contact@example.org"
    assert queries.official_mailbox(public) == queries.Mailbox("contact@example.org", is_guess=False)


def test_nothing_is_guessed_for_a_private_school_or_without_an_academie(app):
    assert queries.official_mailbox(make.make_school(is_public=False)) is None
    make.make_departement("975", "Saint-Pierre-et-Miquelon", academie=None, zone=None, timezone="America/Miquelon")
    assert queries.official_mailbox(make.make_school(departement="975")) is None
