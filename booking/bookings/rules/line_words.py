"""What a class in line, and its host, read of the waiting list. Never the name of another school or class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.bookings.rules.capacity import Places
from booking.bookings.rules.obstacles import Obstacle
from booking.bookings.rules.waiting import OFFER_DAYS, OFFER_DAYS_NEAR, InLine, Room, in_order, offer_days
from booking.core.i18n import _, _l, _n

# « Vous êtes deuxième »: beyond, in figures.
_RANKS: tuple[Any, ...] = (
    _l("deuxième"), _l("troisième"), _l("quatrième"), _l("cinquième"), _l("sixième"), _l("septième"), _l("huitième"),
    _l("neuvième"), _l("dixième"),
)  # fmt: skip


@dataclass(frozen=True)
class PlaceInLine:
    """Where a class stands. rank: from 1. ahead_pupils: of the class just before it. keeping_away: what else than places stands
    in its way now."""

    rank: int
    me: InLine
    ahead_pupils: int
    room: Room
    is_workshop: bool
    keeping_away: Obstacle | None = None


@dataclass(frozen=True)
class LineForHost:
    """The line of a slot in its order, and how many of its classes the free places would take."""

    order: tuple[InLine, ...]
    fitting: int
    missing_classes: int
    missing_pupils: int


def place_in_line(
    line: Sequence[InLine], booking_id: int, room: Room, is_workshop: bool, keeping_away: Obstacle | None
) -> PlaceInLine:
    order = in_order(line)
    index = next(i for i, each in enumerate(order) if each.booking_id == booking_id)
    ahead_pupils = order[index - 1].pupils if index else 0
    return PlaceInLine(index + 1, order[index], ahead_pupils, room, is_workshop, keeping_away)


def line_for_host(line: Sequence[InLine], places: Places) -> LineForHost:
    """fitting: served one after the other, those that do not fit skipped. missing: to welcome the whole line."""
    order = in_order(line)
    classes, pupils, fitting = places.left_classes, places.left_pupils, 0
    for each in order:
        if classes > 0 and each.pupils <= pupils:
            classes, pupils, fitting = classes - 1, pupils - each.pupils, fitting + 1
    wanted = sum(each.pupils for each in order)
    free_pupils = places.max_pupils - places.taken_pupils
    return LineForHost(tuple(order), fitting, max(len(order) - places.left_classes, 0), max(wanted - free_pupils, 0))


def where_words(rank: int, ahead_pupils: int, is_workshop: bool) -> str:
    """« Vous êtes deuxième ; la classe devant vous demande 31 places. » ahead_pupils: of the class just before."""
    if rank == 1 and is_workshop:
        return _("Vous êtes en tête de liste : si la date se libère, elle est pour vous.")
    if rank == 1:
        return _("Vous êtes en tête de liste : dès qu’il y a place pour toute la classe, elle est pour vous.")
    if is_workshop:
        return _("Vous êtes %(rank)s sur la liste.", rank=rank_words(rank))
    return _n(
        "Vous êtes %(rank)s ; la classe devant vous demande %(num)d place.",
        "Vous êtes %(rank)s ; la classe devant vous demande %(num)d places.",
        ahead_pupils,
        rank=rank_words(rank),
    )


def rank_words(rank: int) -> str:
    """« deuxième », « 14ᵉ »."""
    return str(_RANKS[rank - 2]) if 2 <= rank < len(_RANKS) + 2 else _("%(num)dᵉ", num=rank)


def places_words(place: PlaceInLine) -> str:
    """How many places the class needs, and how many there are; nothing for a workshop, which is taken whole."""
    if place.is_workshop:
        return ""
    left = place.room.places.left_pupils
    if left <= 0:
        return _(
            "Votre classe demande %(pupils)d places ; le créneau est complet pour l’instant.", pupils=place.me.pupils
        )
    return _n(
        "Votre classe demande %(pupils)d places ; il en reste %(num)d pour l’instant.",
        "Votre classe demande %(pupils)d places ; il en reste %(num)d pour l’instant.",
        left,
        pupils=place.me.pupils,
    )


def standing_words(place: PlaceInLine) -> list[str]:
    """Why the class stands where it does: put out of a cancelled slot, skipped."""
    sentences = []
    if place.me.priority:
        sentences.append(_("Votre classe est prioritaire, puisque son créneau précédent a été annulé."))
    if place.me.skip_count:
        sentences.append(
            _n(
                "Votre classe a été passée une fois, faute de place pour tous les élèves : elle remonte dans la liste.",
                "Votre classe a été passée %(num)d fois, faute de place pour tous les élèves : elle remonte dans la liste.",
                place.me.skip_count,
            )
        )
    return sentences


def away_words(place: PlaceInLine) -> str:
    """What would make the list pass over the class today; empty when nothing would."""
    if place.keeping_away is None:
        return ""
    return _(
        "Une place libre ne vous serait pas proposée aujourd’hui, mais vous garderiez votre rang. %(why)s",
        why=place.keeping_away.message,
    )


def rule_words(now: datetime, closes_at: datetime) -> str:
    """How long an offer stands, said before anybody joins."""
    if offer_days(now, closes_at) == OFFER_DAYS:
        return _(
            "Quand c’est votre tour, les places sont gardées pour vous %(days)d jours d’école, le temps d’accepter ; un seul dans la semaine qui précède la clôture. Sans réponse, elles vont à la classe suivante.",
            days=OFFER_DAYS,
        )
    return _n(
        "La clôture est proche : quand c’est votre tour, les places sont gardées pour vous %(num)d jour d’école, le temps d’accepter. Sans réponse, elles vont à la classe suivante.",
        "La clôture est proche : quand c’est votre tour, les places sont gardées pour vous %(num)d jours d’école, le temps d’accepter. Sans réponse, elles vont à la classe suivante.",
        OFFER_DAYS_NEAR,
    )


def fitting_words(line: LineForHost, is_workshop: bool) -> str:
    """Said to the host: whether the free places serve somebody, and what the whole line would need."""
    if line.fitting:
        return _n(
            "%(num)d classe de la liste tient dans les places libres : elles lui sont proposées.",
            "%(num)d classes de la liste tiennent dans les places libres : elles leur sont proposées.",
            line.fitting,
        )
    if is_workshop:
        return _n(
            "Pour accueillir toute la liste, il faudrait de la place pour %(num)d classe de plus.",
            "Pour accueillir toute la liste, il faudrait de la place pour %(num)d classes de plus.",
            line.missing_classes,
        )
    return _(
        "Aucune ne tient dans les places libres. Pour accueillir toute la liste, il faudrait %(pupils)d élèves et %(classes)d classes de plus que prévu.",
        pupils=line.missing_pupils,
        classes=line.missing_classes,
    )


def skipped_words(each: InLine) -> str:
    """« passée 2 fois », « prioritaire »: beside a class of the host's list."""
    words = [_("prioritaire")] if each.priority else []
    if each.skip_count:
        words.append(_n("passée %(num)d fois", "passée %(num)d fois", each.skip_count))
    return ", ".join(words)
