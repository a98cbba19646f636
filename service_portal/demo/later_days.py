"""How invented handlers ask for a later day, and what their leads say to it."""

from __future__ import annotations

from datetime import timedelta

from service_portal.demo.life import NotYet
from service_portal.demo.story import Story
from service_portal.demo.zone import Somebody
from service_portal.kernel.clock import zone_time
from service_portal.kernel.words import Words
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.rules import Move

# The fate of a case whose handler has asked, and waits for its lead.
WAITS_FOR_LEAD = "waits for its lead"
REASONS = (
    Words(
        "The department answers our letter next week; without it the claim is incomplete.",
        "主管部门下周才能复函，缺复函无法完成申报。",
    ),
    Words(
        "The expert who checks the papers is free again on Monday.",
        "审核材料的专家下周一才能安排。",
    ),
    Words(
        "The enterprise has sent two more years of figures, which have to be checked.",
        "企业补充了两个年度的数据，需要重新核对。",
    ),
)
REFUSALS = (
    Words("A colleague can take over today: answer in time.", "今天可由同事接手，请按期答复。"),
    Words(
        "Answer what is known now, and add the rest.",
        "先就已明确的部分答复，其余后续补充。",
    ),
)


def ask_later_day(story: Story, *, by: Somebody, lead: Somebody, fate: str) -> None:
    """Let whoever has a case ask for a later day, where its service lets them and it is not too
    late; the lead decides within hours, if at all.
    """
    most = story.service.definition.max_extension_working_days
    promised, random = story.due_of("resolve"), story.random
    if not most or story.at >= promised or by is lead:
        return
    later = story.calendar.add_working_days(promised, random.randint(1, min(most, 5)))
    until, reason = (
        later.astimezone(zone_time()).date().isoformat(),
        story.pick(random.choice(REASONS)),
    )
    _quietly(story, Move.ASK_EXTENSION, by, audience="staff", until=until, reason=reason)
    story.ticket.update(extension_due_at=later, extension_asked_by_id=by.person_id)
    if fate == WAITS_FOR_LEAD:
        raise NotYet()
    decided_at = story.calendar.add_working(story.at, random.randrange(20, 300))
    story.until(min(decided_at, promised) + timedelta(seconds=random.randrange(1, 50)))
    story.ticket.update(extension_due_at=None, extension_asked_by_id=None)
    if decided_at >= promised:
        ended = {"lapsed": True}
        story.entry(EntryKind.EXTENSION_ENDED, None, data=ended, audience="staff")
    elif random.random() < 0.7:
        story.extend(later)
        said = {"until": until, "reason": reason, "words": ""}
        said["before"] = promised.astimezone(zone_time()).date().isoformat()
        _quietly(story, Move.GRANT_EXTENSION, lead, **said)
    else:
        words = story.pick(random.choice(REFUSALS))
        _quietly(story, Move.REFUSE_EXTENSION, lead, audience="staff", words=words)


def _quietly(story: Story, move: Move, by: Somebody, *, audience: str = "all", **said: str) -> None:
    """Make a move that is no word to the enterprise."""
    names = ("last_word_at", "last_word_by")
    before = {name: story.ticket[name] for name in names if name in story.ticket}
    story.move(move, by, audience=audience, **said)
    story.ticket.update(before)
