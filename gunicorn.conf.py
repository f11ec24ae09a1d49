"""Read by gunicorn by itself: an access log, if one is asked for, holds no private address."""

from gunicorn.glogging import Logger

from booking.core.logs import access_atoms


class QuietLogger(Logger):
    def atoms(self, resp, req, environ, request_time):
        return access_atoms(super().atoms(resp, req, environ, request_time))


logger_class = QuietLogger
