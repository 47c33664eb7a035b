"""Reads contacts from a CSV file."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError, validate_email

from yearwheel.roster.districts_csv import parse_code, unknown_districts
from yearwheel.roster.names import parse_name
from yearwheel.roster.people import Contact, Role
from yearwheel.roster.table import Column, Row, RowError, Source, nearest, read_table, sound_rows


@dataclass(frozen=True, slots=True)
class ContactsFile:
    """The contacts of the rows without fault, one per address and district, and every fault found."""

    contacts: tuple[Contact, ...]
    errors: tuple[RowError, ...]
    warnings: tuple[str, ...]


def read_contacts(source: Source, district_codes: Collection[str] | None = None) -> ContactsFile:
    """Read contacts from text, bytes or a path. Needs the columns district_code, name, email and roles, the
    roles separated by semicolons. With `district_codes`, a code that is not among them is an error."""
    table = read_table(source, _COLUMNS)
    unknown = [] if district_codes is None else unknown_districts(table.rows, "district_code", district_codes)
    errors = sorted((*table.errors, *unknown), key=lambda error: error.row)
    contacts, merged = _merge(sound_rows(table.rows, errors))
    return ContactsFile(contacts, tuple(errors), (*table.warnings, *merged))


def parse_email(cell: str) -> str:
    """An address every mail server can take: checked for form only, ASCII, its domain in lower case."""
    if not cell.isprintable() or " " in cell:
        raise ValueError("not an e-mail address: it holds a blank, a line break or another hidden character")
    try:
        checked = validate_email(cell, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as fault:
        raise ValueError(f"not an e-mail address: {str(fault).rstrip('.')}") from None
    # A domain such as schüle.example is fine in its ASCII form, which is the one a relay accepts.
    return checked.ascii_email or checked.normalized


def parse_roles(cell: str) -> frozenset[Role]:
    """Roles separated by semicolons; spaces, hyphens and capitals do not matter."""
    words = [word.strip() for word in cell.split(";") if word.strip()]
    if not words:
        raise ValueError("names no role")
    unknown = [
        f"{word!r} is not a role{nearest(_as_value(word), Role)}" for word in words if not _is_role(word)
    ]
    if unknown:
        raise ValueError("; ".join(unknown))
    return frozenset(Role(_as_value(word)) for word in words)


_COLUMNS = (
    Column("district_code", parse_code, required=True),
    Column("name", parse_name, required=True),
    Column("email", parse_email, required=True),
    Column("roles", parse_roles, required=True),
)


def _as_value(word: str) -> str:
    return "_".join(word.lower().replace("-", " ").replace("_", " ").split())


def _is_role(word: str) -> bool:
    return _as_value(word) in set(Role)


def _merge(rows: Iterable[Row]) -> tuple[tuple[Contact, ...], list[str]]:
    """One contact per address and district: a person listed once per role holds them all."""
    contacts: dict[str, Contact] = {}
    seen_in: dict[str, int] = {}
    warnings = []
    for row in rows:
        contact = _contact(row)
        first = contacts.setdefault(contact.key, contact)
        if first is contact:
            seen_in[contact.key] = row.number
            continue
        contacts[contact.key] = replace(first, roles=first.roles | contact.roles)
        other_name = f"; the name {first.name!r} was kept" if contact.name != first.name else ""
        warnings.append(
            f"row {row.number}, email: {contact.email} is on row {seen_in[contact.key]} too; "
            f"the roles were put together{other_name}"
        )
    return tuple(contacts.values()), warnings


def _contact(row: Row) -> Contact:
    values = row.values
    return Contact(key=f"{values['district_code']}:{values['email'].lower()}", **values)
