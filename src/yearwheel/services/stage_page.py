"""A stage's page for one district: what is asked, by when, what is missing, what happened, who decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from yearwheel.calendar.cycle import Stage, StageKind
from yearwheel.notifications.letter import basis_words
from yearwheel.roster.people import District, Role
from yearwheel.services.app import App
from yearwheel.services.district_page import Receipt, read_receipt
from yearwheel.services.more_time import Request, find_request
from yearwheel.services.reader_link import NotThere, Reader, find_seen, read_asked, read_reader
from yearwheel.services.review_desk import Desk, read_desk
from yearwheel.services.stage_line import StageLine, read_lines
from yearwheel.services.submit import read_facts
from yearwheel.stages.evidence import EvidenceError, missing, read_evidence
from yearwheel.stages.findings import Finding, Severity
from yearwheel.stages.standing import Submission
from yearwheel.stages.status import HANDED_IN, WAIVED, Status
from yearwheel.store import Connection, events, standings
from yearwheel.store.events import Event


@dataclass(frozen=True, slots=True)
class StagePage:
    """Everything a reader may know of a district in a stage.

    `first` are the stages that have to be done before it and are not. `findings` is what the gate says of
    the newest version, or of none. `changes` is what a reviewer who returned it asks for. `desk` is for the
    office, and for who reviews the district's plan in somebody's place.
    """

    reader: Reader
    district: District
    line: StageLine
    basis: str
    is_own: bool  # whether it is the reader's own district, or of somebody they stand in for
    may_say: bool  # whether the reader may say how the work stands, and ask for more time
    asked: Request | None  # what the district asked for, while that waits for an answer
    first: tuple[Stage, ...]
    findings: tuple[Finding, ...]
    changes: str
    receipts: tuple[Receipt, ...]
    reviewers: tuple[str, ...]  # the other ones, where the reader is one
    desk: Desk | None
    history: tuple[Event, ...]


def open_stage(app: App, token: str, code: str, stage_key: str) -> StagePage:
    """A stage's page. NotThere for what the reader may not see, and where the district has no part."""
    with app.database.reading() as connection:
        reader = read_reader(app, connection, token)
        district = find_seen(reader, code)
        lines = read_lines(connection, reader.active, code, reader.now)
        line = next((line for line in lines if line.stage.key == stage_key), None)
        if line is None:
            raise NotThere
        versions = standings.find_submissions(connection, reader.active.key, stage_key, code)
        history = events.list_events(connection, reader.active.key, district_code=code, stage_key=stage_key)
        mine = district == reader.district and stage_key in read_asked(connection, reader)
        reviewers = reader.roster.holders(code, Role.REVIEWER) if line.stage.review else ()
        return StagePage(
            reader,
            district,
            line,
            basis_words(line.stage, reader.today, granted=line.is_granted),
            not (reader.is_office or reader.reviews(code)) or district == reader.district,
            mine,
            find_request(connection, reader.active, stage_key, code),
            tuple(_undone(connection, reader, line)),
            tuple(_findings(connection, reader, district, line, versions)),
            _changes(line, history),
            tuple(read_receipt(reader.active.key, version) for version in versions),
            tuple(contact.name for contact in reviewers if contact != reader.contact),
            read_desk(connection, reader, district, line.standing),
            tuple(history),
        )


def _undone(connection: Connection, reader: Reader, line: StageLine) -> Sequence[Stage]:
    """The stages to be done first that are not; the state's own work holds up every district.

    What is handed in, or is not asked, waits for nothing any more.
    """
    if line.standing.status in HANDED_IN | WAIVED:
        return []
    active, office = reader.active, reader.roster.office
    before = [active.cycle.stage(key) for key in line.stage.after]
    owing = {line.standing.district_code, office.code if office else ""}
    found = standings.find(connection, active.key, stage_keys=line.stage.after, codes=owing)
    waiting = {s.stage_key for s in found if s.status not in HANDED_IN | WAIVED}
    return [stage for stage in before if stage.key in waiting]


def _findings(
    connection: Connection,
    reader: Reader,
    district: District,
    line: StageLine,
    versions: Sequence[Submission],
) -> Sequence[Finding]:
    """What the gate says of the newest version, or, where nothing was handed in, what any has to hold.

    A review asks no gate: what is missing there the reviewer says.
    """
    stage = line.stage
    if stage.kind is StageKind.REVIEW or line.standing.status in WAIVED:
        return ()
    evidence, by = (versions[-1].evidence, versions[-1].submitted_by) if versions else ({}, "")
    facts = read_facts(connection, reader.active, stage, line.standing, district, by, reader.now)
    try:
        found = missing(stage.kind, read_evidence(stage.kind, evidence), facts)
    except EvidenceError as error:
        return error.findings
    return found if versions else [finding for finding in found if finding.severity is Severity.ERROR]


def _changes(line: StageLine, history: Sequence[Event]) -> str:
    if line.standing.status is not Status.RETURNED:
        return ""
    return next((event.why for event in reversed(history) if event.kind == "returned"), "")
