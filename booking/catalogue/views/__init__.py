"""The pages of the catalogue's room: what hosts publish. The public programme is in the bookings room."""

from booking.catalogue.views import hosting

blueprints = [hosting.bp]
