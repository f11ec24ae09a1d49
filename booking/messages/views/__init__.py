"""The pages of messages, one module per audience."""

from booking.messages.views import company, reports, shown, teacher

blueprints = [company.bp, teacher.bp, reports.bp, shown.bp]
