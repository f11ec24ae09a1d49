"""Numbers of companies, and the sector each belongs to."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from stdnum.exceptions import ValidationError
from stdnum.fr import siren as stdnum_siren
from stdnum.fr import siret as stdnum_siret

from booking.companies import reference
from booking.core.errors import Refusal
from booking.core.i18n import _l

SIRET_DIGITS = 14
SIREN_DIGITS = 9


class WrongSiret(Refusal):
    """The number is not a SIRET: it holds something else than digits."""

    code = "wrong_siret"
    field = "siret"

    def sentence(self) -> Any:
        return _l("Un numéro SIRET est fait de 14 chiffres, sans lettre.")


class WrongSiretLength(WrongSiret):
    """digits: how many were typed."""

    digits: int

    def sentence(self) -> Any:
        if self.digits == SIREN_DIGITS:
            return _l("C’est un numéro SIREN\u00a0: le SIRET compte cinq chiffres de plus, ceux de votre site.")
        return _l("Un numéro SIRET compte 14 chiffres\u00a0; vous en avez écrit %(digits)d.", digits=self.digits)


class WrongSiretKey(WrongSiret):
    def sentence(self) -> Any:
        return _l("Ce numéro SIRET n’existe pas\u00a0: sa clé de contrôle est fausse. Vérifiez chaque chiffre.")


class WrongSiren(Refusal):
    code = "wrong_siren"
    field = "siren"

    def sentence(self) -> Any:
        return _l("Un numéro SIREN est fait de 9 chiffres, sans lettre.")


class WrongSirenLength(WrongSiren):
    """digits: how many were typed."""

    digits: int

    def sentence(self) -> Any:
        return _l("Un numéro SIREN compte 9 chiffres\u00a0; vous en avez écrit %(digits)d.", digits=self.digits)


class WrongSirenKey(WrongSiren):
    def sentence(self) -> Any:
        return _l("Ce numéro SIREN n’existe pas\u00a0: sa clé de contrôle est fausse. Vérifiez chaque chiffre.")


class NotYourSiren(Refusal):
    """The site belongs to another legal unit."""

    code = "not_your_siren"
    field = "siret"

    def sentence(self) -> Any:
        return _l(
            "Ce SIRET n’est pas celui d’un site de votre entreprise\u00a0: ses neuf premiers chiffres sont ceux de votre SIREN."
        )


LONGEST_PAUSE = timedelta(days=366)


class PauseNotPossible(Refusal):
    code = "pause_not_possible"
    field = "until"

    def sentence(self) -> Any:
        return _l("Choisissez un jour à venir, dans l’année : vous pourrez revenir avant.")


def check_pause(until: date, *, today: date) -> None:
    """Refuses: PauseNotPossible."""
    if not today <= until <= today + LONGEST_PAUSE:
        raise PauseNotPossible()


class SiteKnown(Refusal):
    code = "site_known"
    field = "siret"

    def sentence(self) -> Any:
        return _l("Ce site est déjà inscrit\u00a0: modifiez-le plutôt que d’en ajouter un second.")


def check_siret(text: str) -> str:
    """The 14 digits of a SIRET, without spaces; the sites of La Poste have a key of their own. A right key does not
    prove that the company exists.

    Refuses: WrongSiret, WrongSiretLength, WrongSiretKey.
    """
    number = _digits_of(text)
    if number is None:
        raise WrongSiret
    if len(number) != SIRET_DIGITS:
        raise WrongSiretLength(digits=len(number))
    if not number.strip("0"):
        raise WrongSiretKey  # the arithmetic is right and nobody has it
    try:
        return stdnum_siret.validate(number)
    except ValidationError:
        raise WrongSiretKey from None


def check_siret_of(siren: str, text: str) -> str:
    """The 14 digits of the SIRET of a site of this very company. Refuses: as check_siret, NotYourSiren."""
    number = check_siret(text)
    if not number.startswith(siren):
        raise NotYourSiren
    return number


def check_siren(text: str) -> str:
    """The 9 digits of a SIREN, without spaces.

    Refuses: WrongSiren, WrongSirenLength, WrongSirenKey.
    """
    number = _digits_of(text)
    if number is None:
        raise WrongSiren
    if len(number) != SIREN_DIGITS:
        raise WrongSirenLength(digits=len(number))
    if not number.strip("0"):
        raise WrongSirenKey
    try:
        return stdnum_siren.validate(number)
    except ValidationError:
        raise WrongSirenKey from None


def sectors() -> list[tuple[str, str]]:
    """Slug and name of each sector in the reader's language, as a list to choose from."""
    return [(sector.slug, sector.label) for sector in reference.sectors()]


def sector_label(slug: str) -> str:
    """The sector's name in the reader's language; the slug itself when it is not known."""
    return dict(sectors()).get(slug, slug)


def sector_of_ape(code: str) -> str | None:
    """The slug of the sector an APE code of NAF rév. 2 belongs to, by its longest known beginning; None outside."""
    ape = _dotted(code)
    fits = [
        (len(prefix), sector.slug)
        for sector in reference.sectors()
        for prefix in sector.prefixes
        if ape.startswith(prefix)
    ]
    return max(fits)[1] if fits else None


def _digits_of(text: str) -> str | None:
    number = re.sub(r"[\s.\-]+", "", text)
    return number if number.isascii() and number.isdigit() else None


def _dotted(code: str) -> str:
    """« 3030Z » as the NAF writes it: « 30.30Z »."""
    plain = re.sub(r"[\s.]+", "", code).upper()
    return f"{plain[:2]}.{plain[2:]}"
