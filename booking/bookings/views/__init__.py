"""The pages of the bookings room, one module per audience."""

from booking.bookings.views import company, hosting, leaving, programme, school, shown, teacher

blueprints = [programme.bp, teacher.bp, school.bp, company.bp, hosting.bp, leaving.bp, shown.bp]
