"""What an enterprise of the demo says of a result, what its lead does when it is not content, and
how its case ends.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from service_portal.demo import talk
from service_portal.demo.life import NotYet
from service_portal.demo.story import Story
from service_portal.demo.zone import Somebody
from service_portal.kernel.words import Words
from service_portal.resolving.rules import CALLED_WITHIN, needs_call
from service_portal.sla.codes import ClockKind
from service_portal.tickets.codes import EntryKind
from service_portal.tickets.rules import Move

# The fate of a case whose enterprise is not content, and waits for its lead's call.
UNHAPPY = "unhappy"
REOPEN_WINDOW = timedelta(days=30)
VERDICTS = {5: "solved", 4: "solved", 3: "partly", 2: "partly", 1: "not_solved"}
COMPLAINTS = (
    Words(
        "Nobody called us before the answer, and it does not fit our case.",
        "答复前没有人联系我们，内容与实际情况不符。",
    ),
    Words("We asked two things; only one was answered.", "问了两件事，只答复了一件。"),
    Words("It took too long: the deadline has passed.", "办得太慢，申报期限已过。"),
)
CALLED = (
    Words(
        "Apologised and explained which article applies. They are content with that.",
        "已致歉并说明适用条款，企业表示理解。",
    ),
    Words(
        "They had expected a visit; we look at the site this week.",
        "企业希望上门了解情况，本周安排走访。",
    ),
    Words(
        "The second question is with the tax office; we let them know.",
        "第二个问题已转税务部门，结果另行告知。",
    ),
)


def end_story(story: Story, *, lead: Somebody, fate: str) -> None:
    """Let an answered case end: the enterprise says what it thinks of it, or nothing."""
    random, asker = story.random, story.company.contact
    if fate == "answered":
        raise NotYet()
    if fate != UNHAPPY and (fate == "silent" or random.random() < 0.27):
        story.until(story.calendar.add_working_days(story.at, 5))
        _rate(story, None)
        story.move(Move.AUTO_CLOSE, None, outcome=story.ticket["close_outcome"])
        close(story)
        story.count_case(None)
        _archive(story)
        return
    story.wait(40 if fate == UNHAPPY else random.triangular(20, 1_600, 200))
    level = random.choices((5, 4, 3, 2, 1), weights=(52, 31, 11, 4, 2))[0]
    if fate == UNHAPPY:
        level = random.choice((1, 1, 2))
    _rate(story, level)
    outcome = story.ticket["close_outcome"]
    story.move(Move.CONFIRM, asker, outcome=outcome, **_said(story))
    close(story)
    story.count_case(asker, VERDICTS[level])
    if needs_call(level, VERDICTS[level]):
        _call_back(story, lead, fate)
    _archive(story)


def close(story: Story) -> None:
    """Note the end of a ticket and of its owner's time with it."""
    story.ticket["closed_at"] = story.at
    for assignment in story.rows["assignment"]:
        assignment["to_at"] = assignment["to_at"] or story.at


def _rate(story: Story, level: int | None) -> None:
    verdict, comment = None if level is None else VERDICTS[level], ""
    if level and level >= 3:
        comment = story.choose(talk.COMMENTS) if story.random.random() < 0.45 else ""
    elif level:
        comment = story.pick(story.random.choice(COMPLAINTS))
    story.rows["rating"].append(
        {
            "ticket_id": story.id,
            "cycle": story.cycle,
            "enterprise_id": story.company.id,
            "level": level,
            "verdict": verdict,
            "comment": comment,
            "source": "enterprise" if level else "none",
            "person_id": story.company.contact.person_id if level else None,
            "at": story.at,
            "first_at": story.at if level else None,
        }
    )


def _said(story: Story) -> dict[str, Any]:
    """Give what is said of a result as a line of the timeline keeps it."""
    rating = story.rows["rating"][-1]
    return {name: rating[name] for name in ("level", "verdict", "comment") if rating[name]}


def _call_back(story: Story, lead: Somebody, fate: str) -> None:
    """Let the lead call the enterprise, which may think again."""
    story.start_within(ClockKind.CALL_BACK, CALLED_WITHIN)
    if fate == UNHAPPY:
        raise NotYet()
    random = story.random
    story.wait(random.triangular(20, 560, 160))
    story.stop(ClockKind.CALL_BACK)
    story.entry(EntryKind.CALL_BACK, lead, data={"note": story.pick(random.choice(CALLED))})
    if random.random() < 0.6:
        return
    story.wait(random.randrange(30, 900))
    rating = story.rows["rating"][-1]
    was_unsolved = rating["verdict"] == VERDICTS[1]
    rating.update(level=3, verdict=VERDICTS[3], comment="", at=story.at)
    story.entry(EntryKind.VERDICT, story.company.contact, data=_said(story))
    if was_unsolved:
        story.count_case(story.company.contact, VERDICTS[3])


def _archive(story: Story) -> None:
    story.until((story.ticket["closed_at"] or story.at) + REOPEN_WINDOW)
    story.move(Move.ARCHIVE, None, audience="staff")
