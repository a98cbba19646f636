"""The whole journey on one screen: what happened -> who is woken.

`LISTENERS` are tasks, done later by a worker, each in a transaction of its own. `IN_TRANSACTION`
are services that join the very transaction of the event, because their rows must be true the
moment it is; `app.py` resolves their names. A task name is `<folder>.<service>`.
"""

from __future__ import annotations

TELL = "notifications.tell"

LISTENERS: dict[str, tuple[str, ...]] = {
    "ticket.filed": ("routing.route_waiting", TELL),
    "ticket.routed": ("assigning.assign_waiting",),
    "ticket.assigned": (TELL,),
    "ticket.unassignable": (TELL,),
    "ticket.accepted": ("assigning.offer_waiting", TELL),
    "ticket.not_accepted": (TELL,),
    "ticket.returned": (TELL,),
    "ticket.resubmitted": ("routing.route_waiting", TELL),
    "ticket.service_changed": ("routing.route_waiting", "assigning.assign_waiting", TELL),
    "ticket.withdrawn": ("assigning.assign_waiting", "assigning.offer_waiting", TELL),
    "ticket.merged": ("assigning.assign_waiting", "assigning.offer_waiting", TELL),
    "ticket.divided": (TELL,),
    "part.filed": ("routing.route_waiting",),
    "offer.made": (TELL,),
    "offer.accepted": (TELL,),
    "offer.declined": ("assigning.offer_waiting", TELL),
    "offer.expired": ("assigning.offer_waiting", TELL),
    "offer.withdrawn": ("assigning.offer_waiting", TELL),
    "case.taken_back": ("assigning.offer_waiting", TELL),
    "case.given_back": ("assigning.offer_waiting", TELL),
    "work.started": (TELL,),
    "message.posted": (TELL,),
    "ticket.urged": (TELL,),
    "extension.asked": (TELL,),
    "extension.granted": (TELL,),
    "extension.refused": (TELL,),
    "extension.lapsed": (TELL,),
    "ticket.held": (TELL,),
    "ticket.resumed": (TELL,),
    "ticket.handed_over": ("assigning.assign_waiting", TELL),
    "service.delivered": (),
    "ticket.answered": ("assigning.offer_waiting", TELL),
    "ticket.closed": ("assigning.assign_waiting", TELL),
    "ticket.redone": (TELL,),
    "ticket.reopened": ("assigning.assign_waiting", TELL),
    "ticket.rated": (TELL,),
    "verdict.changed": (TELL,),
    "call_back.asked": (TELL,),
    "call_back.made": (TELL,),
    "loan.answered": (TELL,),
    "loan.accepted": (TELL,),
    "loan.lapsed": (TELL,),
    "loan.expired": (TELL,),
    "loan.reminded": (TELL,),
    "loan.stopped": (TELL,),
    "loan.ended": (TELL,),
    "loans.decided": (),
    "rung.reached": (TELL,),
    "second_factor.removed": (TELL,),
    "facts.recorded": ("scoring.score_waiting",),
    "fact.decided": (TELL,),
    "facts.conflicted": (TELL,),
}

IN_TRANSACTION: dict[str, tuple[str, ...]] = {
    "service.delivered": ("counting.count_delivery",),
    "ticket.accepted": ("financing.send_chosen",),
    "ticket.not_accepted": ("financing.end_all",),
    "ticket.service_changed": ("financing.end_all",),
    "ticket.withdrawn": ("financing.end_all",),
    "ticket.merged": ("financing.end_all",),
    "ticket.answered": ("financing.end_waiting",),
    "ticket.resumed": ("financing.answer_if_all_have",),
    "loans.decided": ("resolving.answer_for_institutions",),
    "ticket.closed": ("counting.count_case",),
    "ticket.reopened": ("counting.reverse_case",),
    "verdict.changed": ("counting.follow_verdict",),
}
