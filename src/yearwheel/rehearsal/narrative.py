"""The year in sentences worked out from the story's figures; one with nothing to say is left out."""

from collections.abc import Iterator
from datetime import date

from yearwheel.calendar.counted import counted
from yearwheel.notifications.ledger import OutboxStatus, Reason
from yearwheel.rehearsal.story import Outcome, YearStory, busiest_day

NAMES_SHOWN = 8

REASON_WORDS: dict[str, str] = {
    Reason.WORK_IN: "the work was already in",
    Reason.WAIVED: "the district was excused, or it did not apply",
    Reason.NOT_OWED: "the turn had passed to the other side of a review",
    Reason.CONTACT_LEFT: "the contact no longer held the role",
    Reason.RUNG_REMOVED: "the calendar no longer had that reminder",
    Reason.DATE_MOVED: "the deadline had moved to another day",
    Reason.COLLAPSED: "a later reminder of the same round said it all",
    Reason.ROLE_EMPTY: "nobody held the role",
    Reason.UNREACHABLE: "the address had refused mail before",
    Reason.RELIEF: "it fell into a relief after a disaster",
    Reason.TOO_LATE: "the stage had closed before it could go",
    Reason.PAUSED: "the stage closed while the cycle was paused",
    Reason.HELD: "the stage closed while a person held its letter",
    Reason.CAPPED: "the stage closed while its reader had a week's letters",
    Reason.DECLINED: "its reader had declined this kind of message",
    Reason.UNDONE: "what it was to tell was taken back first",
    Reason.NO_NEWS: "its reader had never heard of another day",
    OutboxStatus.FAILED: "the mail server refused the message",
    OutboxStatus.UNCERTAIN: "nobody knows whether the message left",
    OutboxStatus.BOUNCED: "the message came back undelivered",
}


def sentences(story: YearStory) -> tuple[str, ...]:
    """What a reader should know before looking at any table."""
    parts = (
        _overall(story),
        _hardest(story),
        _busiest(story),
        _extensions(story),
        _silent(story),
        _returned(story),
    )
    return tuple(s for s in parts if s)


def long_day(on: date) -> str:
    """ "Monday, March 1"."""
    return f"{on:%A}, {on:%B} {on.day}"


def reasons_in_words(story: YearStory) -> Iterator[tuple[str, int]]:
    """Why planned reminders stayed unsent, the commonest reason first."""
    for reason, count in sorted(story.ledger.reasons.items(), key=lambda pair: (-pair[1], pair[0])):
        yield REASON_WORDS.get(reason, reason.replace("_", " ")), count


def _overall(story: YearStory) -> str:
    owed = sum(c.owed for c in story.stage_counts)
    if not owed:
        return ""
    on_time = sum(c.on_time for c in story.stage_counts)
    late = sum(c.late for c in story.stage_counts)
    never = sum(c.never for c in story.stage_counts)
    return (
        f"{counted(owed, 'piece')} of work fell due in {counted(len(story.cycle.stages), 'stage')}: "
        f"{on_time / owed:.0%} came in on time, {late:,} late and {never:,} never."
    )


def _hardest(story: YearStory) -> str:
    counts = [(stage, story.count_for(stage.key)) for stage in story.cycle.stages]
    rated = [(rate, stage, count) for stage, count in counts if (rate := count.on_time_rate) is not None]
    if len(rated) < 2:
        return ""
    rate, stage, count = min(rated, key=lambda r: r[0])
    if rate == 1:
        return "Every stage was handed in on time by everyone."
    return f"Hardest was “{stage.title}”: {rate:.0%} on time, {count.late:,} late, {count.never:,} never."


def _busiest(story: YearStory) -> str:
    if not (peak := busiest_day(story.mails_per_day)):
        return "No mail went out."
    on, count = peak
    days = sum(1 for sent in story.mails_per_day.values() if sent)
    most = f"{long_day(on)}, with {counted(count, 'message')}"
    return f"Mail went out on {counted(days, 'day')}; the busiest was {most}."


def _extensions(story: YearStory) -> str:
    per_district = [sum(cell.extended for cell in line.cells.values()) for line in story.districts]
    granted, helped = sum(per_district), sum(1 for n in per_district if n)
    if not granted:
        return "No extension was granted." if story.districts else ""
    return (
        f"{counted(granted, 'extension was', 'extensions were')} granted, to {counted(helped, 'district')}."
    )


def _silent(story: YearStory) -> str:
    if not story.districts:
        return ""
    unanswered = [
        (line.name, sum(cell.outcome(story.as_of) is Outcome.NEVER for cell in line.cells.values()))
        for line in story.districts
    ]
    silent = sorted((pair for pair in unanswered if pair[1]), key=lambda pair: (-pair[1], pair[0]))
    if not silent:
        return "No district left a stage unanswered."
    shown = [f"{name} ({counted(n, 'stage')})" for name, n in silent[:NAMES_SHOWN]]
    if len(silent) > NAMES_SHOWN:
        shown.append(f"{len(silent) - NAMES_SHOWN:,} more in the grid below")
    return f"{counted(len(silent), 'district')} left something unanswered: {_listed(shown)}."


def _returned(story: YearStory) -> str:
    returned = sum(c.returned for c in story.stage_counts)
    if not returned:
        return ""
    return f"Reviewers sent {counted(returned, 'submission')} back for changes at least once."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
