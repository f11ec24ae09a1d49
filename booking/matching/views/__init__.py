"""The pages of needs, for the teacher who asks and the company that answers."""

from booking.matching.views import company, shown, teacher

blueprints = [teacher.bp, company.bp, shown.bp]
