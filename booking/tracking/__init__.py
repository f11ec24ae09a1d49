"""Participation as an académie or a préfecture follows it: read-only figures and their rows."""

from __future__ import annotations

from flask import Flask

from booking.territory.commands import import_group
from booking.tracking import (  # noqa: F401  (they add pages to the same blueprint)
    behalf_views,
    comparison_views,
    declared_views,
    entering_views,
    feedback_views,
    groups_views,
    label_views,
    map_views,
    merging_commands,
    merging_views,
    needs_views,
    people_views,
    reports_views,
    returning_views,
    rounds_views,
    suspension_views,
    views,
    visit_views,
)
from booking.tracking.digests import jobs as digest_jobs  # noqa: F401
from booking.tracking.official import views as official_views  # noqa: F401
from booking.tracking.official.commands import import_labelled
from booking.tracking.silence import views as silence_views  # noqa: F401
from booking.tracking.statistics import views as statistics_views
from booking.tracking.summary import views as summary_views  # noqa: F401


def init_app(app: Flask) -> None:
    """Plug this room into the application."""
    app.register_blueprint(views.bp)
    app.register_blueprint(statistics_views.bp)
    app.cli.add_command(merging_commands.school_commands)
    import_group.add_command(import_labelled)
