"""`flask edition`: campaigns from the command line."""

from __future__ import annotations


def test_an_edition_is_created_from_the_command_line(app):
    runner = app.test_cli_runner()
    words = ["edition", "create", "printemps", "--name", "Printemps", "--from", "2027-03-15", "--to", "2027-03-21"]
    done = runner.invoke(
        args=[*words, "--window-to", "2027-06-01", "--cap", "3", "--bookings-open-at", "2027-01-04T08:00"]
    )
    assert done.exit_code == 0, done.output
    again = runner.invoke(args=words)
    assert again.exit_code == 1
    assert "porte déjà cette adresse" in again.output
    wrong = runner.invoke(args=[*words[:2], "x", *words[3:], "--window-to", "2027-03-16"])
    assert wrong.exit_code == 1
