"""docs/cycle-file.md names every key that a cycle file may hold, and no other; its example loads."""

import re
from pathlib import Path

import pytest

from yearwheel.calendar.cycle import StageKind
from yearwheel.config.cycle_file import KEYS, load_cycle
from yearwheel.config.stage_section import DUE_KEYS, REVIEW_KEYS, STAGE_KEYS
from yearwheel.services.lint import read_far

DOC = (Path(__file__).parents[2] / "docs" / "cycle-file.md").read_text("utf-8")
EXAMPLE = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)[0]


@pytest.mark.parametrize(
    ("heading", "keys"),
    [("The cycle", KEYS), ("A stage", STAGE_KEYS), ("The due day", DUE_KEYS), ("A review", REVIEW_KEYS)],
)
def test_each_key_is_documented(heading: str, keys: tuple[str, ...]):
    section = DOC.split(f"## {heading}\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(keys)


def test_each_kind_of_stage_is_documented():
    assert [kind for kind in StageKind if f"`{kind}`" not in DOC] == []


def test_the_example_loads_and_has_no_finding():
    assert load_cycle(EXAMPLE).key == "sample-2027"
    assert read_far(EXAMPLE).findings() == []
