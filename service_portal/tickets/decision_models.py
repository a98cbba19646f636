"""Why tickets went where they went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service_portal.kernel.db import BigId, BigRef, Model, coded, holds
from service_portal.tickets.codes import DecisionKind, DecisionOutcome, DecisionReason
from service_portal.tickets.result_models import of_ticket


class Decision(Model):
    """Why a ticket went where it went: who was chosen, and the reason as a code with the facts that
    were considered.

    The words are for the release before this one, and say what it wrote without a code.
    """

    __tablename__ = "decision"

    id: Mapped[BigId]
    ticket_id: Mapped[BigRef]
    enterprise_id: Mapped[BigRef]
    at: Mapped[datetime]
    kind: Mapped[str] = coded(DecisionKind)
    outcome: Mapped[str] = coded(DecisionOutcome)
    chosen_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    reason_code: Mapped[str | None] = coded(DecisionReason)
    words_en: Mapped[str] = mapped_column(server_default="")
    words_zh: Mapped[str] = mapped_column(server_default="")
    considered: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    __table_args__ = (
        of_ticket(),
        holds("kind", DecisionKind),
        holds("outcome", DecisionOutcome),
        holds("reason_code", DecisionReason),
        sa.Index("ix_decision_ticket", "ticket_id", "id"),
    )
