"""The public pages: home, the programme, one page per activity. No account is needed, no cookie is set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from babel.dates import get_day_names
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from werkzeug.wrappers import Response

from booking.accounts.permissions import my_schools
from booking.bookings.guests import ComingClass, GuestClass
from booking.bookings.queries import alternatives, asks_head_first, is_trusted_at, saved_classes, usual_class
from booking.bookings.rules.explain import EditionNotOpen, Explanation
from booking.bookings.services.requests import answer_due
from booking.bookings.views.teacher import colleague_of
from booking.bookings.views.visitor import (
    Answer,
    answers_for,
    coming_class,
    kept_class,
    new_class_form,
)
from booking.calendars.programme import MOST_EVENTS, programme_feed
from booking.catalogue import queries
from booking.catalogue.exports import (
    MOST_ROWS,
    places_words,
    programme_csv,
    programme_json,
    without_contacts,
)
from booking.catalogue.models import Activity, BookedBy, ConfirmationMode, Edition, Slot
from booking.catalogue.queries import FoundSlots, Offer
from booking.catalogue.rules import wording
from booking.catalogue.rules.search import (
    PAGE_SIZE,
    RADII_KM,
    USUAL_RADIUS_KM,
    WEEKDAYS,
    Known,
    Place,
    Search,
    asked_place,
    read_search,
)
from booking.companies.reference import sectors
from booking.companies.rules import sector_label
from booking.core import clock
from booking.core.dates import format_day
from booking.core.i18n import _, current_language
from booking.core.spreadsheets import CSV_TYPE
from booking.core.web import change_query, kept_document
from booking.mail.identity import SITE_NAME, absolute_url
from booking.schools.models import Audience, School, SchoolClass
from booking.schools.reference import levels, levels_by_code
from booking.schools.rules import level_span_words
from booking.territory.models import Departement
from booking.territory.queries import departements as all_departements
from booking.territory.rules import fold

bp = Blueprint("programme", __name__)

HOME_TICKETS = 4
MOST_PRINTED = 500
SHARED_SECONDS = 15 * 60


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
    offers = queries.next_free_offers(edition, HOME_TICKETS) if edition else []
    coming = coming_class(_pupils_classes())
    return render_template(
        "programme/home.html",
        edition=edition,
        places=places,
        counts=counts,
        busiest=max(places, key=lambda place: counts[place.code], default=None),
        offers=offers,
        coming=coming,
        answers=_answers_of(offers, coming),
    )


# ---- The programme


@dataclass(frozen=True)
class Asked:
    """What the address of a page of the programme asks for, read once for the page and for its downloads.

    place: the commune looked from; typed_place: what was typed of it. ignored: a sentence for each value that means nothing.
    """

    search: Search
    edition: Edition | None
    editions: list[Edition]
    departements: list[Departement]
    place: Place | None
    typed_place: str
    ignored: list[str]

    @property
    def departement(self) -> Departement | None:
        return next((place for place in self.departements if place.code == self.search.departement), None)

    @property
    def title(self) -> str:
        place = self.departement
        if place is None:
            return _("Programme")
        return _("Programme %(where)s", where=wording.in_departement(place.code, place.name))


def _asked() -> Asked:
    editions, departements = queries.editions(), list(all_departements())
    insee, typed = asked_place(request.args)
    place = queries.place_of(insee, typed) if insee or typed else None
    search, ignored = read_search(request.args, _known(editions, departements), place)
    edition = next((e for e in editions if e.slug == search.edition), None) or queries.current_edition(editions)
    return Asked(search, edition, editions, departements, place if search.near else None, typed, ignored)


@bp.get("/programme")
def listing() -> str:
    classes = _pupils_classes()
    coming = coming_class(classes)
    asked, near = _asked(), _school_position([coming.school] if coming else my_schools())
    search, edition = asked.search, asked.edition
    if near and not search.has_place:
        # Where a teacher's way begins is known, whether or not the form was sent.
        search = replace(search, lat=near.lat, lon=near.lon)
    results = queries.programme(search, edition) if edition else queries.NOTHING
    return render_template(
        "programme/listing.html",
        asked=asked,
        search=search,
        edition=edition,
        editions=[e for e in asked.editions if e == edition or e.window_ends_on >= clock.now().date()],
        academies=_academies(asked.departements),
        sectors=sectors(),
        levels=levels(),
        radii=RADII_KM,
        usual_radius=USUAL_RADIUS_KM,
        near=near or _position_of(search),
        weekdays=_weekday_choices(),
        criteria=_criteria(asked, near),
        results=results,
        page_size=PAGE_SIZE,
        wider=queries.wider_searches(search, edition) if edition and not results.total else [],
        criteria_words=_criteria_words(),
        feed_address=_full_address(".feed", search.without().query()),
        classes=classes,
        coming=coming,
        answers=_answers_of(results.offers, coming),
    )


def _pupils_classes() -> list[SchoolClass]:
    """The person's saved classes, groups of staff apart: what most of the programme is for."""
    if not current_user.is_authenticated:
        return []
    return [each for each in saved_classes(current_user) if each.audience is Audience.PUPILS]


def _answers_of(offers: list[Offer], coming: ComingClass | None) -> dict[int, Answer]:
    """What the date of each ticket is for the class; whoever may walk in needs no answer."""
    slots = [offer.slot for offer in offers if offer.slot and offer.activity.booked_by is not BookedBy.NONE]
    return answers_for(slots, coming)


def _full_address(endpoint: str, values: dict[str, Any]) -> str:
    """The address of a page of this site in the language of this one, for where no page is around it."""
    return absolute_url(url_for(endpoint, **values).removeprefix(request.script_root), current_language())


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


def _school_position(schools: list[School]) -> Near | None:
    for school in schools:
        if school.latitude is not None and school.longitude is not None:
            return Near(school.latitude, school.longitude, school.name)
    return None


def _position_of(search: Search) -> Near | None:
    """The point that an address gives by itself: a commune's is known by its name."""
    if search.lat is None or search.lon is None or search.near:
        return None
    return Near(search.lat, search.lon, "")


def _weekday_choices() -> list[tuple[str, int, str]]:
    """Value, number and name of each day somebody may look for: doors are open on some Saturdays, never on Sundays."""
    names = get_day_names("wide", locale=current_language())
    return [(WEEKDAYS[n], n + 1, names[n]) for n in range(6)]


def _criteria(asked: Asked, near: Near | None) -> list[tuple[str, str]]:
    """What is in use, in words, each with the address of the same page without it. Kinds and places have their own."""
    search, names = asked.search, get_day_names("wide", locale=current_language())
    academies, known_levels = dict(_academies(asked.departements)), levels_by_code()
    days = ", ".join(names[day - 1] for day in search.weekdays)
    where = asked.place.label if asked.place else near.name if near else _("votre point de départ")
    used: list[tuple[str, bool, tuple[str, ...]]] = [
        (_("«\u00a0%(words)s\u00a0»", words=search.q), bool(search.q), ("q",)),
        (asked.departement.name if asked.departement else "", bool(search.departement), ("departement",)),
        (_("académie\u00a0: %(name)s", name=academies.get(search.academie, "")), bool(search.academie), ("academie",)),
        (sector_label(search.sector), bool(search.sector), ("sector",)),
        (known_levels[search.level].label if search.level else "", bool(search.level), ("level",)),
        (_("à partir du %(day)s", day=_day(search.first_on)), bool(search.first_on), ("from",)),
        (_("jusqu’au %(day)s", day=_day(search.last_on)), bool(search.last_on), ("to",)),
        (days, bool(days), ("weekday",)),
        (_("le matin") if search.half == "am" else _("l’après-midi"), bool(search.half), ("half",)),
        (_("retour avant midi"), search.noon, ("noon",)),
        (_("vient dans la classe"), search.comes, ("comes",)),
        (_("labellisé"), search.labelled, ("labelled",)),
        (
            _("à moins de %(km)d km de %(where)s", km=search.radius_km or 0, where=where),
            search.is_near,
            ("near", "place", "lat", "lon", "radius"),
        ),
    ]
    return [(label, change_query(page=None, **dict.fromkeys(drops))) for label, is_used, drops in used if is_used]


def _day(day: date | None) -> str:
    return format_day(day, weekday=False) if day else ""


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
        "weekdays": _("tous les jours de la semaine"),
        "half": _("à toute heure"),
        "noon": _("même sans retour avant midi"),
        "comes": _("même s’il faut se déplacer"),
        "labelled": _("même sans label"),
        "radius_km": _("à toute distance"),
        "": _("sans aucun critère"),
    }


# ---- The same programme on paper, in calendars, spreadsheets and programs


@bp.get("/programme/print")
def printed() -> str:
    """Every slot of the search on one page without filters, to print a département's programme."""
    asked = _asked()
    found = _found(asked, MOST_PRINTED)
    by_day: dict[date, list[Slot]] = {}
    for slot in sorted(found.slots, key=lambda slot: (slot.local_start, slot.id)):
        by_day.setdefault(slot.local_start.date(), []).append(slot)
    return render_template(
        "programme/print.html",
        asked=asked,
        found=found,
        by_day=by_day,
        address_of=_page_of,
        places_words=places_words,
        without_contacts=without_contacts,
    )


@bp.route("/programme.ics", methods=["GET"], provide_automatic_options=False)
def feed() -> Response:
    asked = _asked()
    name = f"{SITE_NAME}\u00a0: {asked.title}" if asked.departement else _("Établi\u00a0: programme")
    body = programme_feed(name, _found(asked, MOST_EVENTS), _page_of)
    return _shared(body, "text/calendar; charset=utf-8", "inline", "programme.ics", asked.edition)


@bp.route("/programme.csv", methods=["GET"], provide_automatic_options=False)
def table() -> Response:
    asked = _asked()
    body = programme_csv(_found(asked, MOST_ROWS), _page_of)
    return _shared(body, CSV_TYPE, "attachment", "programme.csv", asked.edition)


@bp.route("/programme.json", methods=["GET"], provide_automatic_options=False)
def document() -> Response:
    asked, domain = _asked(), current_app.config["CALENDAR_DOMAIN"]
    found = programme_json(_found(asked, MOST_ROWS), asked.search, asked.edition, domain, _page_of)
    body = json.dumps(found, ensure_ascii=False, indent=1).encode()
    return _shared(body, "application/json", "inline", "programme.json", asked.edition)


def _found(asked: Asked, most: int) -> FoundSlots:
    return queries.programme_slots(asked.search, asked.edition, most) if asked.edition else FoundSlots([], 0)


def _page_of(slot: Slot) -> str:
    """The full address of a slot's page, in the language of this one."""
    return _full_address(".activity", {"ref": wording.ref_of(slot.activity), "slot": slot.id})


def _shared(body: bytes, content_type: str, disposition: str, name: str, edition: Edition | None) -> Response:
    """A document that anybody may keep for a quarter of an hour, and that is not sent twice to who has it already."""
    changed_at = max(filter(None, (queries.last_change(edition), edition.created_at))) if edition else None
    return kept_document(
        body, content_type, disposition, name, cache=f"public, max-age={SHARED_SECONDS}", changed_at=changed_at
    )


# ---- One activity


@dataclass(frozen=True)
class Panel:
    """What the booking panel says: for which slot and class, what stands in the way, who answers until when.

    asked: "host", "head". answer_due_at: None when nobody is asked, the booking then being firm at once.
    """

    slot: Slot | None
    school_class: ComingClass | None
    answer: Answer | None
    asked: frozenset[str]
    answer_due_at: datetime | None
    alternatives: list[Slot]

    @property
    def explanation(self) -> Explanation | None:
        return self.answer.explanation if self.answer else None

    @property
    def is_guest(self) -> bool:
        """Whether the class is one that was typed, and is not saved."""
        return isinstance(self.school_class, GuestClass)

    @property
    def can_ask(self) -> bool:
        """Whether the form is worth showing: nothing stands in the way but the number of adults, which it asks for."""
        if self.explanation is None:
            return False
        return all(stop.field == "adults" for stop in self.explanation.stops)

    @property
    def is_only_early(self) -> bool:
        """Whether the class could book, were the edition's bookings open."""
        stops = self.explanation.stops if self.explanation else []
        return bool(stops) and all(isinstance(stop, EditionNotOpen) for stop in stops)

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
    return activity_page(found, queries.coming_slots(found))


def activity_page(found: Activity, slots: list[Slot], *, address: str = "", **more: Any) -> str:
    """The activity with these slots. address: where its links lead back to, when not to its own page. more: for the template."""
    classes = _classes(found)
    school_class = _chosen_class(found, classes)
    answers = answers_for(slots, school_class)
    panel = _panel(found, slots, school_class, answers)
    here = address or url_for(".activity", ref=wording.ref_of(found))
    return render_template(
        "programme/activity.html",
        activity=found,
        slots=slots,
        classes=classes,
        answers=answers,
        panel=panel,
        colleague=colleague_of(school_class) if isinstance(school_class, SchoolClass) else "",
        new_class=new_class_form() if panel.is_guest and my_schools() else None,
        is_teacher=bool(my_schools()),
        here=here,
        here_with=lambda **values: f"{here}?{urlencode({**kept_class(), **values})}",
        **more,
    )


def _classes(activity: Activity) -> list[SchoolClass]:
    """The person's saved classes, or staff groups, that this kind of activity is for."""
    if not current_user.is_authenticated or activity.booked_by is BookedBy.NONE:
        return []
    wants_staff = activity.booked_by is BookedBy.STAFF
    return [each for each in saved_classes(current_user) if (each.audience is Audience.STAFF) is wants_staff]


def _chosen_class(activity: Activity, classes: list[SchoolClass]) -> ComingClass | None:
    """The class asked for or typed, else the usual one; somebody else's is as unknown as one that does not exist."""
    wanted = request.args.get("class_id", "")
    if wanted and classes and not any(str(each.id) == wanted for each in classes):
        flash(_("Cette classe n’est pas dans vos classes\u00a0: en voici une autre."), "warning")
    if activity.booked_by is not BookedBy.CLASS:
        chosen = (each for each in classes if str(each.id) == wanted)
        return next(chosen, usual_class(classes, current_user.id) if classes else None)
    return coming_class(classes, activity)


def _panel(
    activity: Activity, slots: list[Slot], school_class: ComingClass | None, answers: dict[int, Answer]
) -> Panel:
    slot = _chosen_slot(slots, answers)
    answer = answers.get(slot.id) if slot else None
    asked = _who_is_asked(activity, school_class)
    is_stuck = answer is not None and not answer.explanation.is_possible
    return Panel(
        slot=slot,
        school_class=school_class,
        answer=answer,
        asked=asked,
        answer_due_at=_answer_due_at(slot, asked),
        alternatives=alternatives(slot, school_class) if is_stuck and slot and school_class else [],
    )


def _chosen_slot(slots: list[Slot], answers: dict[int, Answer]) -> Slot | None:
    """The slot asked for, else the first that suits the class, else the first with places, else the first."""
    wanted = request.args.get("slot", "")
    asked = [slot for slot in slots if str(slot.id) == wanted]
    suits = [slot for slot in slots if slot.id in answers and answers[slot.id].explanation.is_possible]
    free = [slot for slot in slots if slot.free_pupils and slot.closes_at > clock.now()]
    return next(iter([*asked, *suits, *free, *slots]), None)


def _answer_due_at(slot: Slot | None, asked: frozenset[str]) -> datetime | None:
    return answer_due(slot, clock.now()) if slot and asked else None


def _who_is_asked(activity: Activity, school_class: ComingClass | None) -> frozenset[str]:
    """Whose answer makes the booking firm: the host, the head, both; nobody when it is firm at once.

    Of a visitor it is not known who will be trusted: the host is then asked only if the activity says so.
    """
    asked = set()
    if activity.confirmation is ConfirmationMode.APPROVAL:
        asked.add("host")
    if school_class is not None:
        if current_user.is_authenticated and not is_trusted_at(current_user.id, school_class.school_id):
            asked.add("host")
        if asks_head_first(school_class.school, activity):
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
