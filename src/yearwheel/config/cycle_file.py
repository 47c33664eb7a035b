"""Reads a cycle file into a Cycle with every date worked out, or says everything that is wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from yearwheel.calendar.cycle import Cycle, Deadline, SendWindow, Stage, StageDates
from yearwheel.calendar.lint import Code
from yearwheel.calendar.rules import Point, StageDay, in_words, stage_day_of
from yearwheel.calendar.timetable import Timetable, YearRules, work_out
from yearwheel.calendar.zones import OF_THE_STATES, nearest_zone, zone_names
from yearwheel.config.enclosed import enclosed_files
from yearwheel.config.ladders import Names, read_names
from yearwheel.config.recurring import each_time
from yearwheel.config.sections import CycleFileError, Problem, Report, Section, text
from yearwheel.config.stage_section import STAGE_KEY, StageDraft, clock_time, read_stage, read_waivers
from yearwheel.config.states import read_state
from yearwheel.config.working_year import Files, read_spans, read_working_year
from yearwheel.config.yaml_text import Entries, FieldError, Node, Text, read_yaml

__all__ = ["CycleFileError", "Problem", "load_cycle", "read_shipped", "shipped_cycles"]

KEYS = (
    "cycle", "title", "state", "year", "timezone", "office", "help", "holidays", "years", "clock_stops",
    "send_window", "recipients", "ladders", "waive", "stages", "files",
)  # fmt: skip
OFFICE_HOURS = SendWindow(time(8), time(16))
MIDNIGHT = time(0)
MOST_STAGES = 200
STAGE_PLACE = re.compile(r"stages\[\d+\]")
# Faults of these leave the dates of the stages without a fault as they are.
NO_MATTER_TO_DATES = frozenset({"cycle", "title", "office", "help", "stages"})


def load_cycle(
    source: Path | str, name: str = "cycle.yaml", files: Mapping[str, bytes] | None = None
) -> Cycle:
    """Read a cycle file: a path, or the file's text (then `name` is what messages call it).

    Files of closed days lie beside a path; for a text, `files` holds them by name, or the text itself does.
    CycleFileError lists every problem with its line. OSError when a path cannot be opened.
    """
    raw = source.read_bytes() if isinstance(source, Path) else source.encode("utf-8", "surrogatepass")
    report = Report(source.name if isinstance(source, Path) else name)
    try:
        document = read_yaml(raw, report.take)
    except FieldError as fault:
        report.take(fault)
        raise CycleFileError(report.problems) from None
    section = Section(document, KEYS, report)
    if not isinstance(document, Entries):
        report.raise_if_any()
    folder = source.parent if isinstance(source, Path) else None
    brought = report.attempt(enclosed_files, document, {})
    return _read_cycle(section, _beside(folder, {**brought, **(files or {})}))


def _beside(folder: Path | None, files: Mapping[str, bytes]) -> Files:
    def read(name: str) -> bytes:
        if name in files:
            return files[name]
        if folder is None:
            raise FileNotFoundError(name)
        return (folder / name).read_bytes()

    return read


def shipped_cycles() -> list[str]:
    """The keys of the cycle files that come with the package."""
    folder = resources.files("yearwheel.config") / "cycles"
    return sorted(f.name.removesuffix(".yaml") for f in folder.iterdir() if f.name.endswith(".yaml"))


def read_shipped(key: str) -> str:
    """The text of a shipped cycle file; KeyError names the ones there are."""
    if key not in shipped_cycles():
        raise KeyError(f"no shipped cycle is called {key!r}; there are {', '.join(shipped_cycles())}")
    return (resources.files("yearwheel.config") / "cycles" / f"{key}.yaml").read_text("utf-8")


def _read_cycle(section: Section, files: Files) -> Cycle:
    report = section.report
    names = read_names(section)
    year = section.need("year", _year, 2000, "2027")
    zone = section.need("timezone", _zone, ZoneInfo("UTC"), "America/New_York")
    workdays, corrections = read_working_year(section, year, files)
    drafts = _read_stages(section, names)
    _check_stages(drafts, report)
    rules = YearRules({d.key: d.rules for d in drafts if d.key}, year, workdays, read_spans(section))
    timetable = work_out(rules)
    stages = [_stage(draft, timetable, zone, report) for draft in drafts if draft.key]
    cycle = Cycle(
        key=section.need("cycle", _cycle_key, "", "kentucky-2027"),
        title=section.need("title", text, "", "Kentucky education technology planning 2027"),
        state=section.need("state", read_state, "", "KY"),
        year=year,
        zone=zone,
        office=section.need("office", text, "", "Office of Education Technology"),
        help_address=section.need("help", _address, "", "help@education.example"),
        workdays=workdays,
        send_window=_read_send_window(section),
        stages=tuple(stage for stage in stages if stage),
        rules=rules,
        waivers=read_waivers(section),
        corrections=corrections,
        lines=section.lines(),
    )
    if report.problems:
        raise CycleFileError(
            _of_stages(report.problems, section), _sound_part(cycle, drafts, report.problems)
        )
    return cycle


def _of_stages(problems: Iterable[Problem], section: Section) -> Iterable[Problem]:
    """The problems, those in a stage with the stage's key, as far as it is one."""
    keys: dict[str, str] = {}
    for node in section.each("stages"):
        written = node.entries.get("key") if isinstance(node, Entries) else None
        if isinstance(written, Text) and STAGE_KEY.fullmatch(written.value):
            keys[node.path] = written.value
    for problem in problems:
        place = STAGE_PLACE.match(problem.key)
        yield replace(problem, stage=keys.get(place[0], "")) if place else problem


def _sound_part(cycle: Cycle, drafts: Iterable[StageDraft], problems: Iterable[Problem]) -> Cycle | None:
    """The cycle without the stages at fault; None where a fault may falsify the dates of all of them."""
    keys = {problem.key for problem in problems}
    if any(re.split(r"[.\[]", key)[0] not in NO_MATTER_TO_DATES for key in keys):
        return None
    places = {found[0] for key in keys if (found := STAGE_PLACE.match(key))}
    at_fault = {draft.key for draft in drafts if draft.section.node.path in places}
    sound = [stage for stage in cycle.stages if stage.key not in at_fault]
    known = {stage.key for stage in sound}
    return replace(
        cycle, stages=tuple(replace(s, after=tuple(k for k in s.after if k in known)) for s in sound)
    )


def _read_stages(section: Section, names: Names) -> list[StageDraft]:
    report = section.report
    drafts: list[StageDraft] = []
    for node in _stage_nodes(section):
        for stage in each_time(node, report):
            noted = Report(report.file)
            drafts.append(read_stage(stage, names, noted))
            report.add_new(noted)
    return drafts


def _stage_nodes(section: Section) -> Sequence[Node]:
    nodes = section.each("stages")
    if not nodes:
        example = "stages: [{key: ..., kind: ...}]"
        section.report.note(section.place("stages"), "there are no stages", example=example)
    if len(nodes) > MOST_STAGES:
        section.report.note(section.place("stages"), f"{len(nodes)} stages; at most {MOST_STAGES} are read")
    return nodes[:MOST_STAGES]


def _check_stages(drafts: Sequence[StageDraft], report: Report) -> None:
    """Keys are unique; `after` names other stages and never comes back to its own."""
    first: dict[str, StageDraft] = {}
    for draft in drafts:
        if draft.key and first.setdefault(draft.key, draft) is not draft:
            before = first[draft.key].section.place("key").line
            report.note(draft.section.place("key"), f"the stage {draft.key!r} is already on line {before}")
        for needed in draft.after:
            if needed not in {d.key for d in drafts}:
                near = get_close_matches(needed, [d.key for d in drafts], n=1, cutoff=0.4)
                fix = f"after: [{near[0]}]" if near else ""
                example = "" if near else "after: []"
                place = draft.section.place("after")
                report.note(place, f"there is no stage {needed!r}", fix, example=example)
    try:
        TopologicalSorter({d.key: d.after for d in drafts}).prepare()
    except CycleError as error:
        ring: list[str] = error.args[1]
        waiting = next(d for d in drafts if d.key in ring)
        message = "these stages wait for each other: " + ", then ".join(ring)
        others = ", ".join(key for key in waiting.after if key not in ring)
        report.note(waiting.section.place("after"), message, f"after: [{others}]", code=Code.CIRCULAR_AFTER)


def _stage(draft: StageDraft, timetable: Timetable, zone: ZoneInfo, report: Report) -> Stage | None:
    for point in Point:
        fault = timetable.faults.get(StageDay(draft.key, point))
        if fault:
            report.note(draft.place(point), fault.message, fault.fix, fault.example)
    if any(StageDay(draft.key, point) not in timetable.days for point in Point):
        return None
    on = {point: timetable.days[StageDay(draft.key, point)] for point in Point}
    words = draft.words()
    moved = timetable.moved.get(StageDay(draft.key, Point.DUE))
    if moved:
        words["due_moved"] = moved
    try:
        dates = StageDates(
            opens=Deadline(on[Point.OPENS], MIDNIGHT, zone),
            due=Deadline(on[Point.DUE], draft.at, zone),
            grace_end=Deadline(on[Point.GRACE], draft.at, zone),
            close=Deadline(on[Point.CLOSE], draft.at, zone),
        )
    except ValueError:
        _note_order(draft, on, report)
        return None
    return Stage(
        key=draft.key,
        title=draft.title,
        kind=draft.kind,
        ask=draft.ask,
        dates=dates,
        grace=draft.rules.grace,
        tell=draft.tell,
        ladder=draft.ladder,
        after=draft.after,
        basis=draft.basis,
        statutory=draft.statutory,
        set_by=draft.set_by,
        owed_by=draft.owed_by,
        review=draft.review,
        words=words,
        waivers=draft.waivers,
        tracks=draft.tracks,
        lines=draft.section.lines(),
    )


def _note_order(draft: StageDraft, on: Mapping[Point, date], report: Report) -> None:
    """Why a stage's dates are out of order: only its due day and its closing day can be too early."""
    if on[Point.DUE] < on[Point.OPENS]:
        rule = draft.rules.due
        leans = rule and (day := stage_day_of(rule)) and day.stage in (None, draft.key)
        fix = "due: 10 workdays after opens" if leans else "opens: 10 workdays before due"
        due, opens = in_words(on[Point.DUE]), in_words(on[Point.OPENS])
        message = f"{draft.key} is due on {due}, before it opens on {opens}"
        report.note(draft.place(Point.DUE), message, fix, code=Code.DUE_BEFORE_OPEN)
    else:
        close, grace = in_words(on[Point.CLOSE]), in_words(on[Point.GRACE])
        message = f"{draft.key} closes on {close}, but is accepted until {grace}"
        report.note(draft.place(Point.CLOSE), message, "close: 5 workdays after grace")


def _read_send_window(section: Section) -> SendWindow:
    node = section.get("send_window")
    if node is None:
        return OFFICE_HOURS
    window = Section(node, ("days", "from", "until"), section.report)
    days = window.may("days", text, "workdays")
    if days != "workdays":
        section.report.note(
            window.place("days"), f"mail leaves on workdays only, not on {days!r}", "workdays"
        )
    opens = window.need("from", clock_time, OFFICE_HOURS.opens, '"08:00"')
    closes = window.need("until", clock_time, OFFICE_HOURS.closes, '"16:00"')
    if opens >= closes:
        message = "the send window ends before it begins"
        section.report.note(window.place("until"), message, example='until: "16:00"')
    return SendWindow(opens, closes)


def _year(node: Node) -> int:
    if not re.fullmatch(r"20\d\d", text(node), re.ASCII):
        raise FieldError(node, f"{text(node)!r} is not a year from 2000 to 2099", example="2027")
    return int(text(node))


def _zone(node: Node) -> ZoneInfo:
    name = text(node)
    if name not in zone_names():
        if near := nearest_zone(name):
            raise FieldError(node, f"{name!r} is not a time zone", near)
        others = f"in the United States there are {OF_THE_STATES}"
        raise FieldError(node, f"{name!r} is not a time zone; {others}", example="America/New_York")
    return ZoneInfo(name)


def _cycle_key(node: Node) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text(node)) or len(text(node)) > 60:
        raise FieldError(
            node,
            f"{text(node)!r} is not a cycle key: small letters, digits and hyphens",
            example="kentucky-2027",
        )
    return text(node)


def _address(node: Node) -> str:
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+", text(node)):
        raise FieldError(node, f"{text(node)!r} is not an e-mail address", example="help@education.example")
    return text(node)
