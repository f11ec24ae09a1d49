from datetime import date

from sqlalchemy import func, select

from booking.core.db import db, transaction
from booking.territory import queries
from booking.territory.models import Academie, Commune, Departement, SchoolHoliday
from booking.territory.reference_files import Report
from booking.territory.rules import DayKind
from booking.territory.services import import_communes, import_territory, shipped_communes


def shipped_here():
    """The communes of Essonne and a few others."""
    others = {"75056", "69123", "97411", "89162", "93066", "98735"}
    return [
        line for line in shipped_communes() if line.values["departement"] == "91" or line.values["code_insee"] in others
    ]


def import_here() -> Report:
    with transaction():
        return import_communes(shipped_here())


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


def test_territories_are_imported_once_and_a_second_time_changes_nothing(app, both_databases):
    with transaction():
        assert import_territory() == Report(created=30 + 109 + 54)
    assert (count(Academie), count(Departement), count(SchoolHoliday)) == (30, 109, 54)
    with transaction():
        assert import_territory() == Report(unchanged=193)
    assert db.session.get(Departement, "974").timezone == "Indian/Reunion"
    assert db.session.get(Departement, "91").academie.mail_domain == "ac-versailles.fr"
    assert db.session.get(Departement, "975").academie is None


def test_what_changed_is_put_right_and_nothing_else(app, both_databases):
    with transaction():
        import_territory()
        db.session.get(Departement, "91").name = "Seine-et-Oise"
        holiday = db.session.scalars(select(SchoolHoliday).where(SchoolHoliday.zone == "C")).first()
        holiday.last_on = holiday.first_on
    with transaction():
        assert import_territory() == Report(updated=2, unchanged=191)
    assert db.session.get(Departement, "91").name == "Essonne"


def test_communes_are_imported_into_an_empty_database(app, both_databases):
    first = import_here()
    assert (first.updated, first.unchanged) == (0, 0)
    assert first.created == count(Commune) > 190
    assert import_here() == Report(unchanged=first.created)
    evry = db.session.get(Commune, "91228")
    assert (evry.name, evry.search_name, evry.departement.name) == (
        "Évry-Courcouronnes", "evry courcouronnes", "Essonne",
    )  # fmt: skip


def test_an_import_removes_no_commune(app, both_databases):
    import_here()
    before = count(Commune)
    with transaction():
        import_communes(shipped_here()[:3])
    assert count(Commune) == before


def test_communes_are_found_by_name_and_postcode_the_best_first(app, both_databases):
    import_here()

    def found(text):
        return [commune.name for commune in queries.search_communes(text)]

    assert found("evry")[:2] == ["Évry", "Évry-Courcouronnes"]
    assert found("ÉVRY cour") == ["Évry-Courcouronnes"]
    assert found("91800")[0] == "Brunoy"
    assert "Sainte-Geneviève-des-Bois" in found("ste genevieve")
    assert found("st denis") == ["Saint-Denis", "Saint-Denis"]
    assert found("") == found("%") == found("zzz") == []
    assert len(queries.search_communes("s", limit=4)) == 4


def test_communes_of_a_postcode_or_of_a_name_come_largest_first(app):
    import_here()
    assert [c.name for c in queries.communes_of_postcode("91 800")] == ["Brunoy", "Boussy-Saint-Antoine"]
    assert queries.communes_of_postcode("%%%%%") == []
    assert [c.departement_code for c in queries.communes_named("st denis")] == ["974", "93"]


def test_a_territory_knows_its_departements(app):
    with transaction():
        import_territory()
    assert queries.departements_of_academie("25") == ["78", "91", "92", "95"]
    assert queries.departements_of_region("Île-de-France") == ["75", "77", "78", "91", "92", "93", "94", "95"]
    assert len(queries.regions_academiques()) == 18
    assert len(queries.departements()) == 109
    assert queries.academies()[0].name == "Aix-Marseille"


def test_the_calendar_of_a_departement_is_that_of_its_zone(app, both_databases):
    with transaction():
        import_territory()
    day = date(2027, 2, 10)
    kinds = {code: queries.holiday_calendar(code).status(day).kind for code in ("91", "69", "2A", "974", "975", "?")}
    assert kinds == {
        "91": DayKind.SCHOOL_HOLIDAY, "69": DayKind.TERM, "2A": DayKind.UNKNOWN, "974": DayKind.UNKNOWN,
        "975": DayKind.UNKNOWN, "?": DayKind.UNKNOWN,
    }  # fmt: skip
