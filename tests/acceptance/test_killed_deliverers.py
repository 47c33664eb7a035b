"""The harness of `make crash-test` in short: the process is killed once at each point, on each engine."""

import pytest

from tests import postgres
from tests.conftest import ENGINES
from tests.crash.harness import crash
from tests.crash.life import POINTS

SEED = 2027


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_killed_at_every_point_nothing_is_lost_and_nothing_comes_twice(engine):
    try:
        legs = crash(len(POINTS), SEED, (engine,), days=1)
    except postgres.NoPostgres as reason:
        pytest.skip(str(reason))

    accounts = {point: account for leg in legs for point, account in leg.accounts.items()}
    assert {leg.deliverers * leg.connections for leg in legs} == {1, 3}
    assert {point: (a.kills, a.lost, a.duplicates) for point, a in accounts.items()} == dict.fromkeys(
        POINTS, (1, 0, 0)
    )
    assert {digest for leg in legs for digest in leg.digests} == {"equal"}
