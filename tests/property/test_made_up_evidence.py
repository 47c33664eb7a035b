import json
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.gates import DUE_ON
from yearwheel.calendar.cycle import StageKind
from yearwheel.rehearsal.evidence import make_evidence
from yearwheel.roster.people import BodyKind, District
from yearwheel.stages.evidence import GateFacts, carry_forward, missing, read_evidence
from yearwheel.stages.findings import Severity, in_the_way

districts = st.builds(
    District,
    code=st.text("0123456789", min_size=3, max_size=7),
    name=st.just("Pine County"),
    kind=st.sampled_from(BodyKind),
    zone=st.just(ZoneInfo("America/New_York")),
    enrollment=st.none() | st.integers(0, 1_000_000),
)
names = st.lists(st.text("ab cAB", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=30)
schools = st.integers(0, 200) | names.map(tuple)
seeds = st.integers(0, 2**32)
at_leisure = settings(deadline=None)  # a busy machine is no defect


@at_leisure
@given(districts, schools, seeds, st.integers(-30, 10))
def test_complete_evidence_passes_each_gate_also_against_the_earlier_stages(district, schools, seed, ahead):
    carried = []
    for kind in StageKind:
        due_on, on = DUE_ON[kind], DUE_ON[kind] - timedelta(days=ahead)
        form = make_evidence(kind, kind.value, district, schools, seed=seed, due_on=due_on, on=on)
        evidence = read_evidence(kind, json.dumps(form).encode())
        facts = GateFacts(DUE_ON[kind], on, schools, tuple(carried))

        assert in_the_way(missing(kind, evidence, facts)) == []

        if passed_on := carry_forward(kind, evidence):
            carried.append(passed_on)


@at_leisure
@given(districts, schools, seeds, st.sampled_from(StageKind))
def test_incomplete_evidence_can_be_read_but_has_an_error(district, schools, seed, kind):
    on = DUE_ON[kind]
    form = make_evidence(kind, "any", district, schools, seed=seed, due_on=on, on=on, complete=False)
    evidence = read_evidence(kind, form)

    severities = {f.severity for f in missing(kind, evidence, GateFacts(on, on, schools))}

    assert Severity.ERROR in severities


@at_leisure
@given(districts, seeds, st.sampled_from(StageKind), st.dates(date(2020, 1, 1), date(2060, 12, 31)))
def test_the_same_luck_writes_the_same_evidence(district, seed, kind, due_on):
    first, second = (
        make_evidence(kind, "any", district, 3, seed=seed, due_on=due_on, on=due_on) for _ in range(2)
    )

    assert first == second
    assert not [
        f
        for f in missing(kind, read_evidence(kind, first), GateFacts(due_on, due_on, 3))
        if f.severity == "error"
    ]


@at_leisure
@given(districts, seeds)
def test_an_inventory_lists_at_most_forty_devices(district, seed):
    on = DUE_ON[StageKind.INVENTORY]
    form = make_evidence(StageKind.INVENTORY, "any", district, 171, seed=seed, due_on=on, on=on)

    assert len(form["assets"]) <= 40
