"""Column types: moments are stored in UTC and come back aware; enums are text the database checks."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

E = TypeVar("E", bound=StrEnum)


class Moment(TypeDecorator[datetime]):
    """An aware moment, kept in UTC. Naive ones are refused at the door.

    SQLite keeps text. It is written and read here in one step: a year moves a million moments, and the
    three steps of the general way were a twentieth of its time.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        return _write_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _read_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a naive moment {moment} cannot be stored")
    return moment.astimezone(UTC)


def _write_text(moment: datetime | None) -> str | None:
    """As SQLAlchemy writes a naive one, always with microseconds: the texts sort like the moments."""
    if moment is None:
        return None
    return _in_utc(moment).replace(tzinfo=None).isoformat(" ", "microseconds")


def _read_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class Word(TypeDecorator[E]):
    """A StrEnum kept as its text. Pair it with `one_of` so that the database refuses other words."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words
        self._known = {str(word): word for word in words}  # an enum's own call takes four times as long

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        return None if value is None else self._known[value]


def as_row(record: Any) -> dict[str, Any]:
    """A flat dataclass as a row. `dataclasses.asdict` would copy whole messages and evidence first."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The CHECK constraint that keeps a column to an enum's words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")
