"""Reads who is told and when: recipients, ladders of reminders, escalations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from yearwheel.calendar.cycle import Rung, RungKind
from yearwheel.calendar.offsets import Offset, Side
from yearwheel.config.sections import Report, Section, text, unknown
from yearwheel.config.yaml_text import Entries, FieldError, Items, Node
from yearwheel.roster.people import Role

KIND_BY_SIDE = {
    Side.OPENING: RungKind.OPENED,
    Side.BEFORE: RungKind.REMINDER,
    Side.ON: RungKind.DUE_TODAY,
    Side.AFTER: RungKind.LATE,
}
OPENING = Offset(0, Offset.parse("on the day").unit, Side.OPENING)

Roles = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """What a cycle file names once and uses in many stages."""

    recipients: Mapping[str, Roles]
    ladders: Mapping[str, tuple[Offset, ...]]


def read_names(section: Section) -> Names:
    """The `recipients` and `ladders` of the file."""
    report = section.report
    recipients: dict[str, Roles] = {}
    for name, node in _named(section, "recipients"):
        if name in set(Role):
            report.note(node, f"{name!r} is already a role", example=f"{name}_and_others: [{name}, ...]")
        recipients[name] = read_roles(node, {}, report)
    ladders: dict[str, tuple[Offset, ...]] = {}
    for name, node in _named(section, "ladders"):
        steps = node.items if isinstance(node, Items) else (node,)
        ladders[name] = tuple(o for step in steps if (o := report.attempt(offset, step, None)))
    return Names(recipients, ladders)


def _named(section: Section, key: str) -> Iterable[tuple[str, Node]]:
    node = section.get(key)
    if node is None:
        return ()
    if not isinstance(node, Entries):
        section.report.note(node, f"{key!r} holds names with lists", example=f"{key}: {{name: [...]}}")
        return ()
    return node.entries.items()


def offset(node: Node) -> Offset:
    """A distance from a deadline."""
    try:
        return Offset.parse(text(node))
    except ValueError as error:
        message, _, examples = str(error).partition("; write for example ")
        raise FieldError(node, message, example=examples or "7 days before") from None


def read_roles(node: Node, recipients: Mapping[str, Roles], report: Report) -> Roles:
    """Roles, or names of recipients, as one word or a list; each role once, in the order written."""
    found: dict[str, None] = {}
    for item in node.items if isinstance(node, Items) else (node,):
        for role in report.attempt(lambda n: _roles_of(n, recipients), item, ()):
            found[role] = None
    if isinstance(node, Items) and not node.items:
        report.note(node, "nobody is named", example=f"[{Role.TECHNOLOGY_COORDINATOR}]")
    return tuple(found)


def _roles_of(node: Node, recipients: Mapping[str, Roles]) -> Roles:
    written = text(node)
    if written in recipients:
        return recipients[written]
    if written in set(Role):
        return (written,)
    raise unknown(node, written, [*recipients, *Role])


def read_rungs(
    nodes: Iterable[Node], default_to: Roles, names: Names, report: Report, kind: RungKind | None = None
) -> tuple[Rung, ...]:
    """Steps of a ladder: a distance, the name of a ladder, or {when, to}. Same distances become one rung.

    Without a kind, the side of the deadline decides it.
    """
    rungs: dict[str, Rung] = {}
    for node in nodes:
        for rung in _rungs_of(node, default_to, names, report, kind):
            before = rungs.get(rung.key)
            if before is None:
                rungs[rung.key] = rung
            elif set(rung.to) <= set(before.to):
                report.note(node, f"{str(rung.offset)!r} stands here twice for the same roles")
            elif rung.as_digest != before.as_digest:
                report.note(node, f"{str(rung.offset)!r} stands here with and without 'as: digest'")
            else:
                rungs[rung.key] = replace(before, to=tuple(dict.fromkeys(before.to + rung.to)))
    return farthest_first(rungs.values())


def farthest_first(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    """The rungs in the order in which they come; a later one says all that an earlier one would."""
    return tuple(sorted(rungs, key=lambda rung: rung.offset.nominal_days))


def read_escalations(nodes: Iterable[Node], names: Names, report: Report) -> tuple[Rung, ...]:
    """Steps of the form {when, to, as}, all of them after the deadline."""
    example = "{when: 1 workday after, to: superintendent}"
    steps: list[Node] = []
    for node in nodes:
        if isinstance(node, Entries):
            steps.append(node)
        else:
            report.note(node, "an escalation says when and whom it tells", example=example)
    return read_rungs(steps, (), names, report, RungKind.ESCALATION)


def _rungs_of(
    node: Node, default_to: Roles, names: Names, report: Report, kind: RungKind | None
) -> tuple[Rung, ...]:
    if not isinstance(node, Entries):
        offsets = report.attempt(lambda n: _offsets_of(n, names), node, ())
        return tuple(Rung(o, default_to, kind or KIND_BY_SIDE[o.side]) for o in offsets)
    section = Section(node, ("when", "to", "as"), report)
    when = section.need("when", lambda n: _offsets_of(n, names), (), "7 days before")
    to = section.need("to", lambda n: read_roles(n, names.recipients, report), (), Role.SUPERINTENDENT)
    digest = section.may("as", _digest, False)
    if kind is RungKind.ESCALATION and any(o.side is not Side.AFTER for o in when):
        message = "an escalation comes after the deadline"
        report.note(section.place("when"), message, example="when: 1 workday after")
    return tuple(Rung(o, to, kind or KIND_BY_SIDE[o.side], digest) for o in when)


def _offsets_of(node: Node, names: Names) -> tuple[Offset, ...]:
    if text(node) in names.ladders:
        return names.ladders[text(node)]
    try:
        return (offset(node),)
    except FieldError as fault:
        if names.ladders and text(node).isidentifier():
            raise unknown(node, text(node), names.ladders) from None
        raise fault from None


def _digest(node: Node) -> bool:
    if text(node) != "digest":
        raise FieldError(node, f"{text(node)!r} is not a way to tell", "digest")
    return True
