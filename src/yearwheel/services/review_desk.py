"""What the office reads of a district's work, and a reviewer's decision on it by the link in a letter."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from shlex import quote

from yearwheel.calendar.cycle import Stage, StageKind
from yearwheel.notifications.commands import command
from yearwheel.roster.people import District
from yearwheel.services.active import Active
from yearwheel.services.app import App, Refused
from yearwheel.services.board import is_owed
from yearwheel.services.decide import Decision, handed_in_by, make_decisions
from yearwheel.services.moves import find_standing
from yearwheel.services.reader_link import Reader, find_seen, read_reader
from yearwheel.services.works import Work, leading_to, read_works
from yearwheel.stages.standing import Standing
from yearwheel.stages.status import HANDED_IN, WAIVED, Status
from yearwheel.store import Connection, standings

LONGEST_CHANGES = 5_000  # characters


@dataclass(frozen=True, slots=True)
class Desk:
    """A district's work in a stage as the office sees it. `works` has the plan under review first.

    `commands` say how somebody with a shell moves it on. A decision names the `seal`, and so holds only for
    the very versions that its reviewer saw.
    """

    is_reviewer: bool
    may_decide: bool  # now, by this page
    is_own_work: bool  # the reader handed in the version that is to be decided on
    works: tuple[Work, ...]
    missing: tuple[str, ...]  # what should have led to a plan and is not in, by title
    commands: tuple[str, ...]

    @property
    def seal(self) -> str:
        shown = " ".join(work.submission.sha256 for work in self.works)
        return sha256(shown.encode()).hexdigest()[:16]


def read_desk(connection: Connection, reader: Reader, district: District, here: Standing) -> Desk | None:
    """What the reader sees of the work; None for a district's own people, to whom a review shows nothing."""
    is_reviewer = reader.reviews(district.code)
    if not (reader.is_office or is_reviewer):
        return None
    stage = reader.active.cycle.stage(here.stage_key)
    works = tuple(read_works(connection, reader.active, stage, district.code))
    is_own_work = stage.review is not None and handed_in_by(works, reader.contact.name)
    decides = stage.review is not None and here.status is Status.UNDER_REVIEW
    is_over = reader.active.stored.closed_at is not None
    return Desk(
        is_reviewer,
        is_reviewer and decides and not (is_own_work or is_over),
        is_own_work,
        works,
        tuple(_missing(connection, reader.active, stage, district.code)),
        () if is_over else tuple(_commands(reader, stage, here, is_own_work=is_own_work)),
    )


def decide_by_link(
    app: App, token: str, code: str, stage_key: str, *, seal: str, has_read: bool, changes: str | None
) -> str:
    """The decision of who reviews a district's plan: without changes it is approved. Returns what was done.

    Refused to everybody else, and for other versions than those the reader saw.
    """
    with app.database.writing() as work:
        reader = read_reader(app, work.connection, token)
        district = find_seen(reader, code)
        here = find_standing(work.connection, reader.active, stage_key, code)
        desk = read_desk(work.connection, reader, district, here)
        if desk is None or not desk.may_decide:
            raise Refused("there is nothing here for you to decide at the moment; nothing was changed")
        if seal != desk.seal:
            raise Refused("other work was handed in since you opened the page: read it and decide then")
        words = _check(changes, has_read=has_read)
        decision = Decision(stage_key, code, reader.actor, words)
        make_decisions(work.connection, reader.active, [decision], reader.now)
        work.commit()
    return f"You {'returned' if words else 'approved'} the plan of {district.name}, and the district is told"


def _check(changes: str | None, *, has_read: bool) -> str:
    if changes is None:
        if not has_read:
            raise Refused("say first that you have read the plan; nothing was changed")
        return ""
    words = changes.replace("\r\n", "\n").strip()
    if not words:
        raise Refused("say what has to change; nothing was changed")
    if len(words) > LONGEST_CHANGES:
        raise Refused(
            f"what has to change may have {LONGEST_CHANGES:,} characters, and this has {len(words):,}; "
            "say it shorter, and nothing was changed so far"
        )
    return words


def _missing(connection: Connection, active: Active, stage: Stage, code: str) -> Iterable[str]:
    before = leading_to(active, stage) if stage.review else []
    here = standings.find(connection, active.key, stage_keys=[one.key for one in before], codes=[code])
    done = {standing.stage_key for standing in here if standing.status in HANDED_IN | WAIVED}
    return (one.title for one in before if one.owed_by is stage.owed_by and one.key not in done)


def _commands(reader: Reader, stage: Stage, here: Standing, *, is_own_work: bool) -> Iterable[str]:
    """What somebody with a shell can do now, as it can be typed."""
    place, key = f"{quote(here.district_code)} {stage.key}", reader.active.key
    by = f"--by {quote('Somebody Else' if is_own_work else reader.contact.name)}"
    dates = stage.dates_for(here.due_on, reader.active.cycle.workdays)
    reads = stage.kind is StageKind.REVIEW
    if here.status in HANDED_IN and not (reads and here.status is Status.SUBMITTED):
        if here.status is Status.UNDER_REVIEW:
            yield command(f"district approve {place} {by}", key)
        yield command(f"district return {place} --changes 'What has to change' {by}", key)
    elif is_owed(stage, here.status) and dates.opens.moment <= reader.now:
        is_late = not reads and reader.now > dates.close.moment
        force = " --force --why 'Why it is taken late'" if is_late else ""
        yield command(f"district submit {place} work.json{force} {by}", key)
