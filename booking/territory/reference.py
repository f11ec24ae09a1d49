"""What is shipped with the package about places, and where it comes from."""

from __future__ import annotations

from pathlib import Path

from booking.core.i18n import _l

FOLDER = Path(__file__).parent / "data"
ACADEMIES = FOLDER / "academies.csv"
DEPARTEMENTS = FOLDER / "departements.csv"
COMMUNES = FOLDER / "communes.csv.gz"
SCHOOL_HOLIDAYS = FOLDER / "school_holidays.csv"
OUTLINES = FOLDER / "departements.geojson"

# The Licence Ouverte 2.0 asks for the source and the date of what is reused.
ATTRIBUTION = _l(
    "Données\u00a0: ministère de l’Éducation nationale (DEPP), annuaire de l’éducation et adresses et géolocalisation, "
    "2022-2026\u00a0; Insee, Code officiel géographique 2026\u00a0; IGN, Admin Express 2018\u00a0; La Poste (Licence Ouverte)."
)
