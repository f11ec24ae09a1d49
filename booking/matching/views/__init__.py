"""The pages of needs, for the teacher who asks and the company that answers."""

from booking.matching.views import board, company, rounds, shown, teacher

blueprints = [board.bp, teacher.bp, company.bp, shown.bp, rounds.bp]
