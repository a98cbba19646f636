"""What a rule chose, as a decision on its ticket."""

from __future__ import annotations

from service_portal.assigning.rules import Chosen, Offered
from service_portal.tickets import rounds
from service_portal.tickets.codes import DecisionOutcome
from service_portal.tickets.decisions import Names


def as_round(
    choice: Chosen | Offered, outcome: DecisionOutcome = DecisionOutcome.CHOSEN
) -> rounds.Choice:
    """Give a rule's choice as rounds write it."""
    return rounds.Choice(
        choice.work.ticket_id,
        choice.work.enterprise_id,
        choice.id,
        choice.reason,
        Names(*choice.names),
        outcome,
    )


def nobody(choice: Chosen | Offered) -> rounds.Choice:
    """Give a rule's word that nobody can take a ticket."""
    return as_round(choice, DecisionOutcome.NOBODY)
