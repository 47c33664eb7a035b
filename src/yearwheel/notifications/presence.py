"""Who was told of a district in which role, and when: rebuilt from the changes on record. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

BEGINNING = datetime.min.replace(tzinfo=UTC)

Told = tuple[str, str, str]  # district code, role, and the contact, or "nobody:<role>" where there is none


@dataclass(frozen=True, slots=True)
class PeopleChange:
    """Who came to be told at a moment, and who is told no longer."""

    at: datetime
    came: tuple[Told, ...]
    left: tuple[Told, ...]


class Presence:
    """Comings and goings. The office's people, who serve every district, stand under the office's code."""

    def __init__(self, changes: Iterable[PeopleChange], office_code: str) -> None:
        self._office_code = office_code
        self._steps: dict[Told, list[tuple[datetime, bool]]] = defaultdict(list)
        for change in changes:
            for told in change.left:
                self._steps[told].append((change.at, False))
            for told in change.came:
                self._steps[told].append((change.at, True))

    def since(self, code: str, role: str, reader: str) -> datetime:
        """Since when somebody is told; who was there from the beginning, since ever."""
        came = [at for at, here in self._of(code, role, reader) if here]
        return came[-1] if came else BEGINNING

    def was_away(self, code: str, role: str, reader: str, at: datetime) -> bool:
        """Whether somebody who had been told was not at this moment, however soon they came back."""
        gone: datetime | None = None
        for moment, here in self._of(code, role, reader):
            if here and gone is not None and gone <= at <= moment:
                return True
            gone = None if here else moment
        return gone is not None and gone <= at

    def _of(self, code: str, role: str, reader: str) -> Iterator[tuple[datetime, bool]]:
        if self._steps:
            for at in dict.fromkeys((code, self._office_code)):
                if steps := self._steps.get((at, role, reader)):
                    yield from steps
                    return
