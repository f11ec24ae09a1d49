"""The index of the programme's full text: one row for each word of an activity, kept up to date by its services.

Terms are worked out in Python and read by plain indexes, so that both databases find the same (product, section 11).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.orm import joinedload

from booking.catalogue.models import Activity, ActivityKind, ActivityTerm
from booking.catalogue.rules.wording import KIND_WORDS, KINDS_WORDS
from booking.catalogue.rules.words import Term, weigh
from booking.companies.models import Site
from booking.companies.reference import Sector, sectors
from booking.core.db import db
from booking.core.i18n import speaking

# What a word weighs by where it stands. A title says what the activity is; a sector's examples only what it may be.
TITLE, NAME, PLACE, SUMMARY, SECTOR, KIND, DESCRIPTION, EXAMPLES, ALSO = 12, 8, 8, 5, 5, 4, 2, 2, 1

# What people also call a kind, in words that are never shown: an atelier of turbines is looked for as « usine ».
KIND_ALSO = {
    ActivityKind.SITE_VISIT: "usine site atelier sortie scolaire factory visit",
    ActivityKind.CLASSROOM_WORKSHOP: "intervention intervenant animation établissement",
    ActivityKind.TEACHERS_VISIT: "usine professeurs équipe éducative factory",
    ActivityKind.OPEN_DAY: "journée usine site",
    ActivityKind.ROUND_TABLE: "débat conférence rencontre témoignages",
    ActivityKind.FORUM: "salon orientation métiers rencontre",
    ActivityKind.EXHIBITION: "expo musée",
}

_BATCH = 500


def index_activity(activity: Activity) -> bool:
    """Make the index say what the activity says now; True when it had to change."""
    return _index([activity]) == 1


def index_company(company_id: int) -> int:
    """Index a company's activities again, after it or one of its sites was renamed; how many had to change."""
    return sum(_index(batch) for batch in _batches(Activity.company_id == company_id))


def reindex() -> tuple[int, int]:
    """Index every activity again: how many there are, and how many had to change."""
    counts = [(len(batch), _index(batch)) for batch in _batches()]
    return sum(known for known, _changed in counts), sum(changed for _known, changed in counts)


def index_forgotten(most: int = 200) -> int:
    """Index activities that have no term at all, some at a time; how many there were."""
    terms = select(ActivityTerm.activity_id).where(ActivityTerm.activity_id == Activity.id)
    ids = list(db.session.scalars(select(Activity.id).where(~terms.exists()).order_by(Activity.id).limit(most)))
    # Held as a host who edits holds them: two workers, or a worker and a host, do not write the same words twice.
    db.session.execute(update(Activity).where(Activity.id.in_(ids)).values(state=Activity.state))
    return sum(_index(batch) for batch in _batches(Activity.id.in_(ids)))


def out_of_date() -> Iterator[int]:
    """The activities whose index does not say what they say."""
    for batch in _batches():
        stored = _stored_terms([activity.id for activity in batch])
        yield from (activity.id for activity in batch if terms_of(activity) != stored.get(activity.id, {}))


def terms_of(activity: Activity) -> dict[str, Term]:
    """By word, what the activity can be found by, and how much that weighs."""
    site, sector = activity.site, _sectors().get(activity.sector)
    # In French whoever asked for the page: what the index holds must not depend on it.
    with speaking("fr"):
        kinds = f"{KIND_WORDS[activity.kind]} {KINDS_WORDS[activity.kind]}"
    return weigh(
        [
            (TITLE, activity.title),
            (NAME, activity.company.name),
            (PLACE, site.commune_name),
            (SUMMARY, activity.summary),
            (SECTOR, sector.french if sector else ""),
            (KIND, kinds),
            (KIND, f"{site.name} {site.postcode} {site.departement.name}"),
            (DESCRIPTION, activity.description),
            (EXAMPLES, sector.examples if sector else ""),
            (ALSO, f"{sector.english if sector else ''} {activity.kind.replace('_', ' ')} {KIND_ALSO[activity.kind]}"),
        ]
    )


def _sectors() -> dict[str, Sector]:
    return {sector.slug: sector for sector in sectors()}


def _index(batch: list[Activity]) -> int:
    stored = _stored_terms([activity.id for activity in batch])
    wanted = {activity.id: terms_of(activity) for activity in batch}
    changed = {key: terms for key, terms in wanted.items() if terms != stored.get(key, {})}
    if not changed:
        return 0
    db.session.execute(delete(ActivityTerm).where(ActivityTerm.activity_id.in_(changed)))
    rows = [
        {"activity_id": key, "word": word, "term": term.stem, "shown": term.shown, "weight": term.weight}
        for key, terms in changed.items()
        for word, term in terms.items()
    ]
    # Into the table, not through the mapper: a national programme has close to a million terms.
    db.session.execute(insert(ActivityTerm.__table__), rows)  # type: ignore[arg-type]
    return len(changed)


def _batches(*conditions: ColumnElement[bool]) -> Iterator[list[Activity]]:
    """The activities in the order of their numbers, some at a time, with all that their terms are made of."""
    last = 0
    query = (
        select(Activity)
        .where(*conditions)
        .options(joinedload(Activity.company), joinedload(Activity.site).joinedload(Site.departement))
        .order_by(Activity.id)
        .limit(_BATCH)
    )
    while batch := list(db.session.scalars(query.where(Activity.id > last))):
        last = batch[-1].id
        yield batch


def _stored_terms(activity_ids: list[int]) -> dict[int, dict[str, Term]]:
    rows = select(
        ActivityTerm.activity_id, ActivityTerm.word, ActivityTerm.term, ActivityTerm.shown, ActivityTerm.weight
    )
    found: dict[int, dict[str, Term]] = {}
    for activity_id, word, *term in db.session.execute(rows.where(ActivityTerm.activity_id.in_(activity_ids))):
        found.setdefault(activity_id, {})[word] = Term(*term)
    return found
