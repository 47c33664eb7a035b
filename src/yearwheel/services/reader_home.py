"""A reader's own pages: what is asked of them, and the year of a district they may see."""

from dataclasses import dataclass

from yearwheel.roster.people import ROLE_LABELS, District
from yearwheel.services.app import App
from yearwheel.services.cycle_view import CycleView, read_cycle_view
from yearwheel.services.reader_link import Reader, find_seen, read_asked, read_reader
from yearwheel.services.stage_line import StageLine, read_lines
from yearwheel.store import hand_overs


@dataclass(frozen=True, slots=True)
class ReaderHome:
    """The page behind the link in a letter.

    `late` is what the district is late with and does not ask of this reader: it has closed, or others do it.
    `others` are the stages that ask nothing of the reader; `view` is for the state office only.
    """

    reader: Reader
    roles: str
    asked: tuple[StageLine, ...]
    late: tuple[StageLine, ...]
    others: tuple[StageLine, ...]
    passed_on_to: str  # whom the reader proposed, while that waits for the office
    refused: str  # whom they proposed last, where the office said no and they have not confirmed since
    view: CycleView | None


@dataclass(frozen=True, slots=True)
class DistrictYear:
    """One district's year: its line for every stage."""

    reader: Reader
    district: District
    lines: tuple[StageLine, ...]

    @property
    def late(self) -> tuple[StageLine, ...]:
        return tuple(line for line in self.lines if line.is_late)


def open_home(app: App, token: str, wanted: str = "") -> ReaderHome:
    """What a letter's link shows. `wanted` is a district's code or name that the office looks for.

    Refused when the link is not ours, too old, or its reader has left.
    """
    with app.database.reading() as connection:
        reader = read_reader(app, connection, token)
        asked = read_asked(connection, reader)
        lines = read_lines(connection, reader.active, reader.district.code, reader.now)
        rest = [line for line in lines if line.stage.key not in asked]
        waiting = hand_overs.list_open(connection, reader.active.state, reader.contact.key)
        me = reader.contact
        refused = hand_overs.newest_refused(connection, reader.active.state, me.key, me.verified_at)
        return ReaderHome(
            reader,
            " and ".join(ROLE_LABELS[role] for role in sorted(reader.contact.roles)),
            tuple(line for line in lines if line.stage.key in asked),
            tuple(line for line in rest if line.is_late),
            tuple(line for line in rest if not line.is_late),
            waiting[-1].name if waiting else "",
            refused.name if refused else "",
            read_cycle_view(connection, reader, wanted) if reader.is_office else None,
        )


def open_district(app: App, token: str, code: str) -> DistrictYear:
    """A district's year. NotThere for a district that the reader may not see."""
    with app.database.reading() as connection:
        reader = read_reader(app, connection, token)
        district = find_seen(reader, code)
        lines = read_lines(connection, reader.active, code, reader.now)
    return DistrictYear(reader, district, tuple(lines))
