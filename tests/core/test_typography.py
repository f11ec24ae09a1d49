"""French spacing of what people typed."""

from __future__ import annotations

import pytest

from booking.core.typography import french_spaces

N = "\u00a0"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Les turbines : de l’idée à la pièce", f"Les turbines{N}: de l’idée à la pièce"),
        ("Métal ; bois ; verre", f"Métal{N}; bois{N}; verre"),
        ("Prêts ? Partez !", f"Prêts{N}? Partez{N}!"),
        ("Attention!", f"Attention{N}!"),
        ("À noter: venir à pied", f"À noter{N}: venir à pied"),
        ("Vraiment ?!", f"Vraiment{N}?!"),
        ("Visite « À cœur ouvert »", f"Visite «{N}À cœur ouvert{N}»"),
        ("Visite «À cœur ouvert»", f"Visite «{N}À cœur ouvert{N}»"),
        ("« Prêts ? »", f"«{N}Prêts{N}?{N}»"),
        ("Prix\u202f: 0 €", f"Prix{N}: 0 €"),
        ("À prendre :\nun stylo", f"À prendre{N}:\nun stylo"),
        ("de 9 h à 10 h 30", f"de 9{N}h à 10{N}h{N}30"),
        ("(gratuit) : oui", f"(gratuit){N}: oui"),
    ],
)
def test_a_colon_a_semicolon_a_question_and_guillemets_hold_on_to_their_words(typed, shown):
    assert french_spaces(typed) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rien à changer.",
        "https://exemple.fr/plan?salle=3;etage:2",
        "www.exemple.fr/?q=1",
        "mailto:accueil@exemple.fr?subject=Visite",
        "de 9:30 à 11:00",
        "Rendez-vous à 9h30",
        "Échelle 1:50",
        "R&amp;D",
        "Merci :-) et à bientôt ;)",
        "3 hommes",
        "9 hectares",
    ],
)
def test_addresses_hours_and_smileys_stay_as_they_are(text):
    assert french_spaces(text) == text


def test_an_address_between_words_is_kept_and_the_words_are_mended():
    text = french_spaces("Le plan : https://exemple.fr/a?b=c ! Venez à 9:30 ; merci")
    assert text == f"Le plan{N}: https://exemple.fr/a?b=c{N}! Venez à 9:30{N}; merci"


def test_applied_twice_it_gives_the_same_text():
    once = french_spaces("Visite « à 9 h 30 » : prêts?")
    assert french_spaces(once) == once
