"""What a gate has to say about a piece of evidence: what is missing, odd, or worth knowing."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256


class Severity(StrEnum):
    """How much a finding weighs; in this order on every page."""

    ERROR = "error"  # cannot be handed in like this
    CONFIRM = "confirm"  # odd but possibly true: the person handing in must say so
    WARNING = "warning"  # worth knowing; nothing has to be done


LABELS: dict[Severity, str] = {
    Severity.ERROR: "to be put right",
    Severity.CONFIRM: "to be confirmed",
    Severity.WARNING: "for information",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one place in the evidence, written for the person who can fix it."""

    severity: Severity
    where: str  # dotted path into the evidence, rows counted from 0: "lines.3.source"
    message: str

    @property
    def key(self) -> str:
        """Names the finding when it is confirmed. Other figures make another sentence, so another key:
        what was confirmed about old figures does not hold for new ones."""
        return sha256(f"{self.where}\n{self.message}".encode()).hexdigest()[:12]


def error(where: str, message: str) -> Finding:
    return Finding(Severity.ERROR, where, message)


def confirm(where: str, message: str) -> Finding:
    return Finding(Severity.CONFIRM, where, message)


def warning(where: str, message: str) -> Finding:
    return Finding(Severity.WARNING, where, message)


def in_the_way(findings: Iterable[Finding], confirmed: Container[str] = ()) -> list[Finding]:
    """The findings that still keep the work from being handed in, given the keys of those confirmed."""
    return [
        f
        for f in findings
        if f.severity is Severity.ERROR or (f.severity is Severity.CONFIRM and f.key not in confirmed)
    ]
