"""The evidence that `district submit STAGE --example` prints can be handed in as it is, stage after stage."""

from pathlib import Path

from tests.terminal import Terminal
from yearwheel.config.cycle_file import load_cycle, read_shipped

KEY = "kentucky-2027"


def test_a_district_hands_in_kentuckys_whole_year_with_the_examples(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.does("roster", "import", "--shipped", "kentucky")
    terminal.does("cycle", "create", KEY, "--at", "2026-11-30T09:00-05:00")
    terminal.does("cycle", "publish", KEY, "--yes", "--at", "2026-11-30T10:00")
    cycle = load_cycle(read_shipped(KEY), KEY)
    owed = [stage for stage in cycle.stages if stage.review is None]
    said = {}
    for stage in sorted(owed, key=lambda stage: stage.dates.due.on):
        code = "OET" if stage.owed_by == "state" else "001"
        at = f"{max(stage.dates.due.on, stage.dates.opens.on)}T09:00"
        example = terminal.does("district", "submit", code, stage.key, "--example")
        said[stage.key] = example
        form = terminal.writes(f"{stage.key}.json", example)
        assert "handed in" in terminal.does("district", "submit", code, stage.key, form, "--at", at)
    assert ("Form 471" in said["local_approval"], "E-Rate" in said["erate_471"].title()) == (False, True)
