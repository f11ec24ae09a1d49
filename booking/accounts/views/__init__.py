"""The pages of accounts, one module per subject; all hang on one blueprint."""

from booking.accounts.views import action_pages, memberships, own, people, sign_up, subscriptions
from booking.accounts.views.blueprint import bp
from booking.accounts.views.sign_up import confirm_email

__all__ = ["action_pages", "bp", "confirm_email", "memberships", "own", "people", "sign_up", "subscriptions"]
