"""A class that is not saved: what a page's address says of it, before there is an account."""

from __future__ import annotations

from dataclasses import dataclass

from booking.schools.models import Audience, School, SchoolClass
from booking.schools.rules import level_label


@dataclass(frozen=True)
class GuestClass:
    """What somebody typed of a class: its school, level and numbers. The rules see it as they see a saved class.

    person_id: who asks, once signed in; a visitor is told nothing of what the school has booked or when it is away.
    """

    school: School
    level_code: str
    pupils: int
    adults: int
    person_id: int | None = None

    id = None
    audience = Audience.PUPILS
    wheelchairs = 0

    @property
    def name(self) -> str:
        """Its level, for want of a name: « 4ᵉ »."""
        return level_label(self.level_code)

    @property
    def school_id(self) -> int:
        return self.school.id

    @property
    def query(self) -> dict[str, str]:
        """What an address says of it: no cookie keeps it."""
        return {
            "uai": self.school.uai,
            "class_level": self.level_code,
            "pupils": str(self.pupils),
            "adults": str(self.adults),
        }


# A class that might come, saved or not.
ComingClass = SchoolClass | GuestClass
