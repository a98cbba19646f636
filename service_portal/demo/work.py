"""How invented cases are worked on: contacts on different days, words, pauses, and the answer."""

from __future__ import annotations

from datetime import timedelta

from service_portal.demo import talk
from service_portal.demo.last_words import UNHAPPY, end_story
from service_portal.demo.later_days import WAITS_FOR_LEAD, ask_later_day
from service_portal.demo.life import NotYet
from service_portal.demo.story import Story
from service_portal.demo.zone import Somebody
from service_portal.kernel.clock import zone_time
from service_portal.kernel.words import Words
from service_portal.sla.codes import ClockKind
from service_portal.tickets.clocks import OF_WORK
from service_portal.tickets.rules import Move

EVIDENCE = (
    Words("call record 17", "通话记录 17"),
    Words("visit form, signed", "上门服务单（已签字）"),
    Words("meeting minutes, two pages", "会议纪要 2 页"),
    Words("receipt of the submission", "提交回执"),
    Words("report sent by mail", "报告已邮件发送"),
    Words("photos of the site", "现场照片"),
)
HOLDS = (
    (
        "third_party",
        Words(
            "The bank waits for its head office until Thursday.", "银行需等总行审批，周四前答复。"
        ),
    ),
    (
        "enterprise",
        Words("Waiting for the licence scan of the enterprise.", "等待企业提供执照扫描件。"),
    ),
)
MONTH_AND_MORE = timedelta(days=40)
REDO = Words("Two of our three questions are not answered yet.", "三个问题还有两个没有答复。")


def work_out(
    story: Story,
    *,
    owner: Somebody,
    lead: Somebody,
    provider: Somebody,
    related: bool,
    fate: str,
) -> None:
    """Play the work on a case from the first contact to its end."""
    random, institution_id = story.random, story.ticket["institution_id"]

    def chance() -> float:
        """Give a number that is small only where chance may turn a story."""
        return 1.0 if fate == UNHAPPY else random.random()

    story.wait(random.randrange(250, 700) if chance() < 0.06 else random.triangular(3, 110, 20))
    story.stop("contact")
    _contact(story, provider, "phone", institution_id, related)
    limit = story.service.definition.limits["resolve"]
    minutes = limit.amount * (420 if limit.unit == "wd" else 60)
    share = (
        random.uniform(1.05, 1.7)
        if fate in {"late", "working"} or random.random() < 0.055
        else random.betavariate(2.6, 2.0)
    )
    left = max(60.0, minutes * share - story.calendar.working_between(story.filed_at, story.at))
    left = 90.0 if fate == UNHAPPY else left
    visits = max(
        fate in {"holding", WAITS_FOR_LEAD} or random.random() < 0.8,
        min(round(random.gauss(0.6, 0.65)), int(left // 400)),
    )
    for n in range(visits):
        _talk(story, provider)
        if n == 0 and (fate in {"held", "holding"} or chance() < 0.06):
            _hold(story, owner, fate)
        if n == 0 and (fate == WAITS_FOR_LEAD or (share > 0.95 and chance() < 0.35)):
            ask_later_day(story, by=provider, lead=lead, fate=fate)
        story.wait(left / (visits + 1) * random.uniform(0.8, 1.2))
        _contact(
            story,
            provider,
            random.choice(("phone", "visit", "visit", "video", "document")),
            institution_id,
            related,
        )
    if fate == "backdated":
        story.wait(40)
        story.deliver(
            provider,
            "visit",
            90,
            story.choose(talk.noted(story.service.category.code, "visit")),
            evidence=story.pick(EVIDENCE[1]),
            institution_id=institution_id,
            recorded_at=min(story.now, story.at + MONTH_AND_MORE),
        )
    story.wait(left / (visits + 1))
    _answer(story, provider, institution_id, related)
    if fate == "redo" or chance() < 0.025:
        story.wait(random.randrange(200, 900))
        story.move(Move.REDO, story.company.contact, reason=story.pick(REDO))
        story.ticket["redos"] += 1
        story.cycle += 1
        story.ticket.update(answered_at=None, close_outcome=None)
        story.start("resolve")
        if institution_id is not None:
            story.start_own_time()
        story.wait(min(minutes * 0.6, 1_600))
        _answer(story, provider, institution_id, related)
    end_story(story, lead=lead, fate=fate)


def _contact(
    story: Story, by: Somebody, channel: str, institution_id: int | None, related: bool
) -> None:
    random = story.random
    evidence = "" if random.random() < 0.03 else story.pick(random.choice(EVIDENCE))
    minutes = (
        random.choice((15, 20, 30, 45))
        if channel in {"phone", "video"}
        else random.choice((45, 60, 90, 120, 180))
    )
    story.deliver(
        by,
        channel,
        minutes,
        story.choose(talk.noted(story.service.category.code, channel)),
        evidence=evidence,
        institution_id=institution_id,
        same_controller=related,
    )


def _answer(story: Story, by: Somebody, institution_id: int | None, related: bool) -> None:
    story.ticket["close_outcome"] = story.random.choices(
        ("resolved", "partly", "answered", "not_possible"), weights=(76, 9, 12, 3)
    )[0]
    body = story.choose(talk.ANSWERS)
    story.move(Move.ANSWER, by, outcome=story.ticket["close_outcome"])
    story.say(by, body)
    story.ticket["answered_at"] = story.at
    story.deliver(
        by,
        "message",
        story.random.choice((30, 60, 90)),
        body,
        evidence=story.pick(story.random.choice(EVIDENCE)),
        institution_id=institution_id,
        same_controller=related,
    )
    for kind in OF_WORK:
        story.stop(kind)


def _talk(story: Story, by: Somebody) -> None:
    random = story.random
    if random.random() < 0.55:
        story.wait(random.randrange(10, 90))
        story.say(story.company.contact, story.choose(talk.ASKED))
        story.wait(random.randrange(10, 120))
        story.say(by, story.choose(talk.REPLIED[story.service.category.code]))
    if random.random() < 0.18:
        story.say(by, story.choose(talk.NOTES), audience="internal")


def _hold(story: Story, by: Somebody, fate: str) -> None:
    reason, words = story.random.choice(HOLDS)
    story.wait(20)
    ahead = story.random.randrange(2, 9)
    until = story.calendar.add_working_days(story.at, ahead).astimezone(zone_time()).date()
    story.move(Move.HOLD, by, reason=reason, words=story.pick(words), until=until.isoformat())
    story.pause(reason)
    story.start_until(until, ClockKind.LOOK_AGAIN)
    if fate == "holding":
        raise NotYet()
    story.wait(story.random.randrange(420, 2_400))
    story.move(Move.RESUME, by)
    story.stop(ClockKind.LOOK_AGAIN)
    story.resume()
