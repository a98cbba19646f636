"""What beat says and how often.

Every tick is idempotent: two beats do no harm, a missed tick is made up by the next.
"""

from __future__ import annotations

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    # A net under the hints: whatever waits for a station is looked at again.
    "route": {"task": "routing.route_waiting", "schedule": 10.0},
    # Capacity may have become free, a member may have come back.
    "assign": {"task": "assigning.assign_waiting", "schedule": 10.0},
    "offer": {"task": "assigning.offer_waiting", "schedule": 10.0},
    # Institutions that did not answer in time.
    "expire": {"task": "assigning.expire_offers", "schedule": 10.0},
    # Loan requests that a bank did not take up in time.
    "lapse": {"task": "financing.lapse_unanswered", "schedule": 10.0},
    # Approvals of loans that no enterprise accepts.
    "approvals": {"task": "financing.look_after_approvals", "schedule": 600.0},
    # Requests for a later day on which nobody decided in time.
    "extensions": {"task": "working.lapse_extensions", "schedule": 60.0},
    # Alarms that are due.
    "remind": {"task": "reminding.fire_due", "schedule": 5.0},
    # Promised messages not yet handed over, and mail to send.
    "tell": {"task": "notifications.tell", "schedule": 15.0},
    "send": {"task": "notifications.send_mail", "schedule": 5.0},
    # Answered tickets nobody confirmed.
    "auto-close": {"task": "resolving.close_silent", "schedule": 300.0},
    # Closed tickets that can no longer be opened again.
    "archive": {"task": "resolving.archive_closed", "schedule": 300.0},
    # Scores of a version that was published, part by part.
    "score": {"task": "scoring.score_waiting", "schedule": 2.0},
    # The chain's head of yesterday, kept apart; done outbox rows of last week, thrown away.
    "anchor": {"task": "housekeeping.keep_anchor", "schedule": 3600.0},
    # Lines of banks whose last day is over.
    "expire-lines": {"task": "money.expire_lines", "schedule": 600.0},
    # Drafts nobody goes on with, and files on the disk that belong to nothing; one of 256 folders
    # at a time.
    "sweep-files": {"task": "housekeeping.sweep_files", "schedule": 600.0},
    "sweep": {"task": "housekeeping.sweep", "schedule": 600.0},
    "alive": {"task": "housekeeping.alive", "schedule": 15.0},
}
