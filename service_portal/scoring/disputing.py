"""An enterprise disputes an indicator: a ticket of the service that explains points, with the
indicator attached. Its handler decides: a new figure, or why it stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from service_portal.access.actor import Actor
from service_portal.access.permissions import Permission
from service_portal.catalogue.queries import get_service
from service_portal.catalogue.rules import amount_of
from service_portal.facts.kinds import KINDS, Unfit, read_text
from service_portal.facts.services import Said, record_decision
from service_portal.facts.words import FAULT_WORDS
from service_portal.kernel.clock import zone_time
from service_portal.kernel.db import constraint_of, db
from service_portal.kernel.errors import Conflict, Missing, Refused
from service_portal.scoring.codes import DisputeState
from service_portal.scoring.models import SchemeVersion, Score, ScoreDispute, ScoreScheme
from service_portal.scoring.queries import scheme_of
from service_portal.scoring.wording import Line, lines_of
from service_portal.sla.business_time import Limit
from service_portal.sla.queries import published
from service_portal.tickets.clock_rows import started
from service_portal.tickets.codes import Channel
from service_portal.tickets.opening import NewTicket, Opening, open_tickets
from service_portal.tickets.queries import lock_ticket
from service_portal.tickets.search import search_tokens

EXPLAINS_POINTS = "PRJ-05"
DISPUTED = "score_dispute"
MOST = 2_000

_ENTERPRISE = sa.text("""
    SELECT e.name_en, e.name_zh, e.park_id, p.code AS park_code, e.contact_name, e.phone
    FROM enterprise AS e JOIN park AS p ON p.id = e.park_id WHERE e.id = :id AND e.active
""")


def own_line(
    score_id: int, indicator_code: str, enterprise_id: int | None
) -> tuple[Score, SchemeVersion, ScoreScheme, Line]:
    """Give an indicator of an enterprise's own score. Raises Missing."""
    found = db.session.execute(
        sa.select(Score, SchemeVersion, ScoreScheme)
        .join(SchemeVersion, SchemeVersion.id == Score.version_id)
        .join(ScoreScheme, ScoreScheme.id == SchemeVersion.scheme_id)
        .where(Score.id == score_id, Score.enterprise_id == enterprise_id)
    ).one_or_none()
    if found is None:
        raise Missing()
    score, version, scheme = found
    for line in lines_of(scheme_of(version), score):
        if line.code == indicator_code:
            return score, version, scheme, line
    raise Missing()


def file_dispute(
    *, actor: Actor, score_id: int, indicator_code: str, words: str, now: datetime
) -> int:
    """File a dispute and give its ticket. Raises Refused without a word on what is wrong, Conflict
    while the same indicator is disputed already.
    """
    if not words.strip():
        raise Refused(_("Say what is wrong."), field="words")
    if len(words) > MOST:
        raise Refused(_("Write at most %(n)d characters.", n=MOST), field="words")
    score, version, scheme, line = own_line(score_id, indicator_code, actor.enterprise_id)
    enterprise = db.session.execute(_ENTERPRISE, {"id": score.enterprise_id}).first()
    if enterprise is None:
        raise Missing()
    title = _("Points %(year)s: %(name)s", year=str(score.year), name=line.name)[:200]
    opening = _opening(
        actor=actor,
        enterprise_id=score.enterprise_id,
        enterprise=enterprise,
        title=title,
        words=words.strip(),
        answers={
            "scheme_version": {1: "v1", 2: "v2"}.get(version.number, "unsure"),
            "year": score.year,
            "indicator_values": f"{scheme.code} {version.number}: {line.name}\n{line.sentence}",
            "disputed_indicator": line.name,
            DISPUTED: True,
        },
        now=now,
    )
    (ticket,) = open_tickets([opening])
    db.session.add(
        ScoreDispute(
            enterprise_id=score.enterprise_id,
            score_id=score.id,
            indicator_code=indicator_code,
            ticket_id=ticket.id,
            filed_at=now,
        )
    )
    try:
        db.session.flush()
    except sa.exc.IntegrityError as error:
        if constraint_of(error) != "uq_score_dispute_open":
            raise
        raise Conflict(_("This indicator is disputed already; see your request.")) from error
    return int(ticket.id)


def _opening(
    *,
    actor: Actor,
    enterprise_id: int,
    enterprise: Any,
    title: str,
    words: str,
    answers: dict[str, Any],
    now: datetime,
) -> Opening:
    service = get_service(EXPLAINS_POINTS)
    if service is None or not service.active:
        raise Refused(_("Nobody explains points at the moment. Ask the station instead."))
    definition, by = service.definition, published()
    clocks = [
        started(
            kind,
            Limit(definition.limits[kind].amount, definition.limits[kind].unit),
            now=now,
            by=by,
        )
        for kind in ("accept", "resolve")
    ]
    dues = {clock["kind"]: clock["due_at"] for clock in clocks}
    ticket = NewTicket(
        title=title,
        description=words,
        contact_name=enterprise.contact_name or actor.name,
        contact_phone=enterprise.phone,
        urgent=False,
        answers=answers,
        enterprise_id=enterprise_id,
        park_id=enterprise.park_id,
        service_code=service.code,
        category_code=service.category.code,
        service_version_id=service.version_id,
        filed_by_id=actor.person_id,
        channel=Channel.WEB,
        amount=amount_of(definition, answers),
        delivered_by=definition.delivered_by,
        auto_accept=definition.auto_accept,
        effort_points=definition.effort_points,
        next_due_at=min(dues.values()),
        resolve_due_at=dues["resolve"],
        filed_at=now,
        last_word_at=now,
    )
    return Opening(
        ticket=ticket,
        actor=actor,
        prefix=f"{enterprise.park_code}-{now.astimezone(zone_time()).year}-",
        words=search_tokens(title, enterprise.name_zh, enterprise.name_en),
        clocks=clocks,
    )


def dispute_of_ticket(ticket_id: int) -> ScoreDispute:
    """Give the dispute that a ticket is about. Raises Missing."""
    found = db.session.scalars(
        sa.select(ScoreDispute).where(ScoreDispute.ticket_id == ticket_id)
    ).one_or_none()
    if found is None:
        raise Missing()
    return found


def decide_dispute(
    *,
    actor: Actor,
    ticket_id: int,
    code: str,
    text: str,
    note: str,
    now: datetime,
) -> DisputeState:
    """Decide a dispute: with a figure of one of its facts it is upheld and that value counts from
    now on; without one it stays, and the note says why. The ticket is answered by its own move.
    """
    lock_ticket(ticket_id, actor=actor, permission=Permission.TICKET_WORK)
    dispute = dispute_of_ticket(ticket_id)
    if dispute.status != DisputeState.OPEN:
        raise Conflict(_("Somebody has decided this already."))
    if not note.strip():
        raise Refused(_("Say why; the enterprise reads it."), field="note")
    status = DisputeState.REJECTED
    if text.strip():
        _correct(dispute, actor=actor, code=code, text=text, note=note, now=now)
        status = DisputeState.UPHELD
    db.session.execute(
        sa.update(ScoreDispute)
        .where(ScoreDispute.id == dispute.id)
        .values(
            status=status,
            decided_at=now,
            decided_by_id=actor.person_id,
            decision_note=note.strip()[:500],
        )
    )
    return status


def _correct(
    dispute: ScoreDispute, *, actor: Actor, code: str, text: str, note: str, now: datetime
) -> None:
    score, _version, _scheme, line = own_line(
        dispute.score_id, dispute.indicator_code, dispute.enterprise_id
    )
    if code not in line.codes or code not in KINDS:
        raise Refused(_("Choose the figure that is wrong."), field="code")
    try:
        value = read_text(KINDS[code], text)
    except Unfit as unfit:
        raise Refused(str(FAULT_WORDS[unfit.fault]), field="value") from unfit
    said = Said(dispute.enterprise_id, score.year, code, value, note=note.strip()[:500])
    record_decision(said, actor=actor, now=now)
