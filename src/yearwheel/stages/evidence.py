"""The kinds of stage, side by side: read what a district handed in, ask its gate, see what it passes on."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticSerializationError, to_json

from yearwheel.calendar.cycle import Stage, StageKind
from yearwheel.stages import alignment, budget, drafting, inventory, milestone, review
from yearwheel.stages import input as hearing
from yearwheel.stages.findings import Finding, Severity, error
from yearwheel.stages.gate import Carried, Evidence, GateFacts

__all__ = [
    "Evidence",
    "EvidenceError",
    "GateFacts",
    "carry_forward",
    "describe",
    "describe_for",
    "missing",
    "read_evidence",
    "takes",
]

E = TypeVar("E", bound=Evidence)


@dataclass(frozen=True, slots=True)
class Gate(Generic[E]):
    """What one kind of stage brings along."""

    model: type[E]
    missing: Callable[[E, GateFacts], list[Finding]]
    carry_forward: Callable[[E], Carried | None]
    example: Mapping[str, Any]
    takes: tuple[str, ...]


GATES: dict[StageKind, Gate[Any]] = {
    StageKind.BUDGET: Gate(budget.Budget, budget.missing, budget.carry_forward, budget.EXAMPLE, budget.TAKES),
    StageKind.INPUT: Gate(
        hearing.StakeholderInput, hearing.missing, hearing.carry_forward, hearing.EXAMPLE, hearing.TAKES
    ),
    StageKind.DRAFTING: Gate(
        drafting.Plan, drafting.missing, drafting.carry_forward, drafting.EXAMPLE, drafting.TAKES
    ),
    StageKind.ALIGNMENT: Gate(
        alignment.Alignment,
        alignment.missing,
        alignment.carry_forward,
        alignment.EXAMPLE,
        alignment.TAKES,
    ),
    StageKind.REVIEW: Gate(review.Review, review.missing, review.carry_forward, review.EXAMPLE, review.TAKES),
    StageKind.INVENTORY: Gate(
        inventory.Inventory,
        inventory.missing,
        inventory.carry_forward,
        inventory.EXAMPLE,
        inventory.TAKES,
    ),
    StageKind.MILESTONE: Gate(
        milestone.Milestone,
        milestone.missing,
        milestone.carry_forward,
        milestone.EXAMPLE,
        milestone.TAKES,
    ),
}

ORDER = list(Severity)


class EvidenceError(ValueError):
    """Evidence that cannot be read; `findings` names every place at once."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"{f.where}: {f.message}" for f in findings))
        self.findings = findings


def read_evidence(kind: StageKind, data: bytes | Mapping[str, Any]) -> Evidence:
    """Read what was handed in, as JSON or as the object it stood for; EvidenceError says what cannot be read.

    What is merely not filled in yet is no error here: that is for the gate to say.
    """
    model: type[Evidence] = GATES[kind].model
    try:
        return model.model_validate_json(data if isinstance(data, bytes) else to_json(data))
    except ValidationError as e:
        raise EvidenceError([_in_plain_words(problem, model) for problem in e.errors()]) from None
    except PydanticSerializationError:
        words = (
            "this cannot be kept: it holds half a character, or is nested too deeply, or is no JSON at all"
        )
        raise EvidenceError([error("evidence", words)]) from None


def missing(kind: StageKind, evidence: Evidence, facts: GateFacts) -> list[Finding]:
    """What the kind's gate says about the evidence, errors first."""
    return sorted(GATES[kind].missing(evidence, facts), key=lambda finding: ORDER.index(finding.severity))


def carry_forward(kind: StageKind, evidence: Evidence) -> Carried | None:
    """What later stages receive from it, for their `GateFacts.carried`."""
    return GATES[kind].carry_forward(evidence)


def takes(kind: StageKind) -> tuple[str, ...]:
    """What work of a kind consists of, as a letter lists it. A review's is not asked of the district."""
    return GATES[kind].takes


def describe(kind: StageKind) -> dict[str, Any]:
    """A small example of the kind's evidence, ready for JSON, to be filled in."""
    return deepcopy(dict(GATES[kind].example))


def describe_for(kind: StageKind, stage: Stage, schools: int) -> dict[str, Any]:
    """The example as a district with so many schools would hand it in for a stage.

    A milestone is done on the first day of its window, since before that nobody can hand it in.
    """
    example = describe(kind)
    if kind is StageKind.MILESTONE:
        example["done_on"] = stage.dates.opens.on.isoformat()
        example["reference"] = f"The form number, link or minute that shows it: {stage.title}"
    for first in example.get("schools", ())[:1]:
        whole = (
            {"accounted": first["expected"]} if "expected" in first else {}
        )  # nothing of theirs is missing
        rows = [{**first, **whole, "school": f"School {number}"} for number in range(2, schools + 1)]
        example["schools"] = [first, *rows]
    return example


# What the validator calls a problem -> how we say it. `given` is what was handed in, `ctx` its limits.
WORDS: dict[str, str] = {
    "missing": "{field!r} is missing",
    "string_too_short": "{field!r} is empty",
    "string_too_long": "{field!r} is longer than {ctx[max_length]} characters",
    "string_pattern_mismatch": "{field!r} holds a character that cannot be kept",
    "json_invalid": "this is not JSON: {ctx[error]}",
    "model_type": "a group of named fields, {{...}}, is needed here",
    "enum": "{given} is not known; use {ctx[expected]}",
    "greater_than_equal": "{given} is too small; the least is {ctx[ge]}",
    "less_than_equal": "{given} is too large; the most is {ctx[le]}",
    "decimal_max_places": "{given} has more than two places after the point",
    "decimal": "{given} is not an amount; write it like 1250.00",
    "finite": "{given} is not an amount; write it like 1250.00",
    "date": "{given} is not a date; write it like 2027-01-31",
    "int": "{given} is not a whole number",
}


def _in_plain_words(problem: ErrorDetails, model: type[Evidence]) -> Finding:
    kind, where = problem["type"], ".".join(str(step) for step in problem["loc"]) or "evidence"
    field, given = where.rpartition(".")[2], repr(problem["input"])[:60]
    if kind == "extra_forbidden":
        near = get_close_matches(field, _field_names(model), n=1)
        return error(
            where, f"{field!r} is not a field here" + (f"; did you mean {near[0]!r}?" if near else "")
        )
    words = WORDS.get(kind) or WORDS.get(kind.partition("_")[0]) or "{given}: {msg}"
    return error(where, words.format(field=field, given=given, ctx=problem.get("ctx"), msg=problem["msg"]))


@cache
def _field_names(model: type[Evidence]) -> frozenset[str]:
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))
