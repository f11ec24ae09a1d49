"""The values of X-Message-Kind, in one place. A kind that is not here cannot be queued."""

from __future__ import annotations

KINDS: dict[str, str] = {
    # specs/invitations §1
    "booking-confirmed": "a booking is firm: calendar REQUEST",
    "booking-updated": "time, place or wording of a firm booking changed: calendar REQUEST",
    "booking-cancelled": "a firm booking is over: calendar CANCEL",
    "booking-requested": "a request was sent; the company is asked",
    "booking-moved": "an option, a request, a wait or an offer follows its slot to another date",
    "booking-declined": "a request or an option was refused",
    "request-expired": "nobody answered a request in time",
    "hold-placed": "an option was placed",
    "hold-expired": "an option lapsed",
    "waitlist-joined": "a class is on the waiting list",
    "waitlist-offered": "a freed place is offered",
    "waitlist-closed": "the waiting list ended without a place",
    # product.md, section 2: a need is answered by a slot
    "place-offered": "a company answers a need with a place held for the class",
    "need-received": "a class asks a company for a date",
    "need-declined": "the company cannot answer a need",
    "need-expired": "nobody answered a need in time",
    "need-withdrawn": "a class takes its need back",
    "search-expired": "no firm met a need of the board in time",
    # product.md, section 4: a round shares scarce places out
    "round-result": "what a round gave a class, and why",
    "round-cancelled": "a round was called off: its places open to whoever comes first",
    "round-complaint": "the answer to a complaint about a round",
    # product.md, section 6: the outings of a département are suspended
    "outings-suspended": "outings are suspended on the day of a booking, which stays",
    "outings-resumed": "the suspension is lifted: the booking may take place",
    # product.md, section 1: hosts write to the classes that come, teachers ask before they book
    "message": "a message on a booking, to its other side",
    "question": "a question about an activity, or its answer",
    "report": "to an officer: something should perhaps not be there",
    "report-decision": "to an author: what was hidden, and why",
    "organizer-notice": "something to know that changes no calendar",
    "reminder": "before a visit",
    # product.md, section 3, rule 5: whoever must act is told again before the clock runs out
    "nudge": "an answer is still awaited, and until when",
    "silence-notice": "a company left several requests in a row without an answer",
    "company-paused": "a company answers nobody and takes no new request: why, and how to come back",
    "digest": "the weekly letter",
    "needs-digest": "the weekly letter of a firm: classes that look for a visit it could offer",
    "officer-digest": "the Monday letter of an officer: the week of the territory, and what waits",
    "officer-alert": "to an officer: what does not wait for Monday",
    "account": "sign-up, sign-in, password",
    # product.md, section 1: an account proves an employer, not a school
    "school-notice": "to a school's official mailbox: who acts in its name, and the link that answers",
    # product.md, sections 3 and 11: what the company hears when a request it had received goes away
    "authorisation-asked": "to whoever signs for a school: allow an outing, or people who come in; the link that answers",
    "head-granted": "the school has allowed the outing, or the people who come in",
    "request-withdrawn": "a request was withdrawn before it was firm",
    # product.md, section 3, rules 9 and 11: the day itself, and what one thinks of it afterwards
    "coach-late": "the class is on its way and late",
    "feedback-asked": "a visit took place: two minutes to say how it went",
    # product.md, section 3, rule 7: past the cancellation limit a teacher asks, the host answers
    "change-asked": "a class asks for a change of a firm booking; the company is asked",
    "change-refused": "the company said no to a change, or nothing in time",
    "change-withdrawn": "a class takes its request for a change back",
    # product.md, section 11: the host is asked, silence keeps
    "label-asked": "the official label is asked for: until when the services answer",
    "label-returned": "the label is not given yet: what to change",
    "label-granted": "the label is given, with its number",
    "label-withdrawn": "the label is taken back: why",
    "activity-entered": "an officer published an activity for a firm that asked",
    "return-invited": "a firm of the last edition may take its activities up again",
    "minimum-asked": "the pupils of a slot are fewer than its minimum on the day of decision",
}

# Only these may be unsubscribed from (specs/invitations §3.3).
SUBSCRIBED = frozenset({"reminder", "digest", "needs-digest", "officer-digest", "officer-alert"})
