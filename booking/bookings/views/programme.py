"""The public pages: home, the programme, one page per activity. No account is needed, no cookie is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.accounts.models import Person
from booking.accounts.permissions import my_schools
from booking.bookings.forms import class_words
from booking.bookings.queries import alternatives, explain_all, is_trusted_at, saved_classes
from booking.bookings.rules.explain import Explanation
from booking.bookings.services.requests import answer_due
from booking.catalogue import queries
from booking.catalogue.models import Activity, BookedBy, ConfirmationMode, Edition, Slot
from booking.catalogue.rules import wording
from booking.catalogue.rules.search import PAGE_SIZE, RADII_KM, Known, Search, read_search
from booking.companies.reference import sectors
from booking.companies.rules import sector_label
from booking.core import clock
from booking.core.i18n import _
from booking.schools.models import Audience, School, SchoolClass
from booking.schools.reference import levels, levels_by_code
from booking.schools.rules import level_span_words
from booking.territory.models import Departement
from booking.territory.queries import departements as all_departements
from booking.territory.rules import fold

bp = Blueprint("programme", __name__)

HOME_TICKETS = 4


@bp.app_context_processor
def _words() -> dict[str, Any]:
    """The catalogue's words, for every page that shows an activity."""
    return {"now": clock.now, "wording": wording, "sector_label": sector_label, "level_span_words": level_span_words}


# ---- Home


@bp.get("/")
def home() -> str:
    edition = queries.current_edition()
    counts = queries.open_slots_by_departement(edition) if edition else {}
    places = [place for place in list(all_departements()) if place.code in counts]
    return render_template(
        "programme/home.html",
        edition=edition,
        places=places,
        counts=counts,
        busiest=max(places, key=lambda place: counts[place.code], default=None),
        offers=queries.next_free_offers(edition, HOME_TICKETS) if edition else [],
    )


# ---- The programme


@bp.get("/programme")
def listing() -> str:
    editions, departements = queries.editions(), list(all_departements())
    search, ignored = read_search(request.args, _known(editions, departements))
    edition = next((e for e in editions if e.slug == search.edition), None) or queries.current_edition(editions)
    results = queries.programme(search, edition) if edition else queries.NOTHING
    return render_template(
        "programme/listing.html",
        search=search,
        ignored=ignored,
        edition=edition,
        editions=[e for e in editions if e == edition or e.window_ends_on >= clock.now().date()],
        departements=departements,
        departement=next((d for d in departements if d.code == search.departement), None),
        academies=_academies(departements),
        sectors=sectors(),
        levels=levels(),
        radii=RADII_KM,
        near=_near(search, my_schools()),
        results=results,
        page_size=PAGE_SIZE,
        wider=queries.wider_searches(search, edition) if edition and not results.total else [],
        criteria_words=_criteria_words(),
    )


def _known(editions: list[Edition], departements: list[Departement]) -> Known:
    return Known(
        editions={edition.slug for edition in editions},
        departements={place.code for place in departements},
        academies={place.academie_code for place in departements if place.academie_code},
        sectors={sector.slug for sector in sectors()},
        levels=levels_by_code(),
    )


def _academies(departements: list[Departement]) -> list[tuple[str, str]]:
    names = {place.academie.code: place.academie.name for place in departements if place.academie}
    return sorted(names.items(), key=lambda pair: fold(pair[1]))


@dataclass(frozen=True)
class Near:
    """The point that distances are counted from, and its name."""

    lat: float
    lon: float
    name: str


def _near(search: Search, schools: list[School]) -> Near | None:
    """The point of the search, else the teacher's school; nothing for a visitor who gave no place."""
    for school in schools:
        if school.latitude is not None and school.longitude is not None:
            return Near(school.latitude, school.longitude, school.name)
    if search.lat is not None and search.lon is not None:
        return Near(search.lat, search.lon, "")
    return None


def _criteria_words() -> Mapping[str, str]:
    """What each criterion is called when an empty search offers to drop it."""
    return {
        "q": _("sans les mots cherchés"),
        "departement": _("dans tous les départements"),
        "academie": _("dans toutes les académies"),
        "kind": _("de tous les genres"),
        "sector": _("dans tous les secteurs"),
        "level": _("pour tous les niveaux"),
        "first_on": _("avec des dates plus proches"),
        "last_on": _("avec des dates plus lointaines"),
        "free": _("même complètes"),
        "radius_km": _("à toute distance"),
        "": _("sans aucun critère"),
    }


# ---- One activity


@dataclass(frozen=True)
class Panel:
    """What the booking panel says: for which slot and class, what stands in the way, who answers until when.

    asked: "host", "head". answer_due_at: None when nobody is asked, the booking then being firm at once.
    """

    slot: Slot | None
    school_class: SchoolClass | None
    explanation: Explanation | None
    asked: frozenset[str]
    answer_due_at: datetime | None
    alternatives: list[Slot]

    @property
    def can_ask(self) -> bool:
        """Whether the form is worth showing: nothing stands in the way but the number of adults, which it asks for."""
        if self.explanation is None:
            return False
        return all(stop.field == "adults" for stop in self.explanation.stops)

    @property
    def can_shrink(self) -> bool:
        """Whether fewer pupils, or other numbers of the booking form, would do."""
        return self.explanation is not None and not self.can_ask and all(stop.field for stop in self.explanation.stops)


@bp.get("/programme/<ref>")
def activity(ref: str) -> str | Response:
    found = queries.public_activity(wording.id_of_ref(ref) or 0) or abort(404)
    if ref != wording.ref_of(found):
        # As typed: a name of the query must not become an argument of url_for.
        query = request.query_string.decode("ascii", "ignore")
        return redirect(url_for(".activity", ref=wording.ref_of(found)) + (f"?{query}" if query else ""), code=301)
    slots = queries.coming_slots(found)
    classes = _classes(found)
    school_class = _chosen_class(classes)
    verdicts = explain_all(slots, school_class) if school_class else {}
    return render_template(
        "programme/activity.html",
        activity=found,
        slots=slots,
        classes=classes,
        class_words=class_words,
        verdicts=verdicts,
        panel=_panel(found, slots, school_class, verdicts),
        is_teacher=bool(my_schools()),
    )


def _classes(activity: Activity) -> list[SchoolClass]:
    """The person's saved classes, or staff groups, that this kind of activity is for."""
    if not current_user.is_authenticated or activity.booked_by is BookedBy.NONE:
        return []
    wants_staff = activity.booked_by is BookedBy.STAFF
    return [each for each in saved_classes(current_user) if (each.audience is Audience.STAFF) is wants_staff]


def _chosen_class(classes: list[SchoolClass]) -> SchoolClass | None:
    """The class asked for, else the first; somebody else's class is as unknown as one that does not exist."""
    wanted = request.args.get("class_id", "")
    chosen = next((each for each in classes if str(each.id) == wanted), None)
    if wanted and classes and chosen is None:
        flash(_("Cette classe n’est pas dans vos classes\u00a0: en voici une autre."), "warning")
    return chosen or next(iter(classes), None)


def _panel(
    activity: Activity, slots: list[Slot], school_class: SchoolClass | None, verdicts: dict[int, Explanation]
) -> Panel:
    slot = _chosen_slot(slots, verdicts)
    explanation = verdicts.get(slot.id) if slot else None
    asked = _who_is_asked(activity, school_class)
    is_stuck = slot is not None and explanation is not None and not explanation.is_possible
    return Panel(
        slot=slot,
        school_class=school_class,
        explanation=explanation,
        asked=asked,
        answer_due_at=_answer_due_at(slot, asked),
        alternatives=alternatives(slot, school_class) if is_stuck and slot and school_class else [],
    )


def _chosen_slot(slots: list[Slot], verdicts: dict[int, Explanation]) -> Slot | None:
    """The slot asked for, else the first that suits the class, else the first with places, else the first."""
    wanted = request.args.get("slot", "")
    asked = [slot for slot in slots if str(slot.id) == wanted]
    suits = [slot for slot in slots if slot.id in verdicts and verdicts[slot.id].is_possible]
    free = [slot for slot in slots if slot.free_pupils and slot.closes_at > clock.now()]
    return next(iter([*asked, *suits, *free, *slots]), None)


def _answer_due_at(slot: Slot | None, asked: frozenset[str]) -> datetime | None:
    return answer_due(slot, clock.now()) if slot and asked else None


def _who_is_asked(activity: Activity, school_class: SchoolClass | None) -> frozenset[str]:
    """Whose answer makes the booking firm: the host, the head, both; nobody when it is firm at once."""
    asked = set()
    if activity.confirmation is ConfirmationMode.APPROVAL:
        asked.add("host")
    if school_class is not None:
        person: Person = current_user
        if not is_trusted_at(person.id, school_class.school_id):
            asked.add("host")
        if school_class.school.head_authorises_first and not activity.comes_to_class:
            asked.add("head")
    return frozenset(asked)


# ---- Plain pages


@bp.get("/accessibility")
def accessibility() -> str:
    return render_template("pages/accessibility.html")


@bp.get("/privacy")
def privacy() -> str:
    return render_template("pages/privacy.html")


@bp.get("/legal")
def legal() -> str:
    return render_template("pages/legal.html")


@bp.get("/help")
def help() -> str:
    return render_template("pages/help.html")


@bp.get("/authorities")
def authorities() -> str:
    return render_template("pages/authorities.html")
