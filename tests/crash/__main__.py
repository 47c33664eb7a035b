"""`python -m tests.crash`: the table of kills; the last line says what was lost and what came twice."""

import argparse
import sys
from time import perf_counter

from tests.crash.harness import Leg, crash
from tests.crash.life import POINTS

ROW = "{:<11} {:>10} {:>11}  {:<31} {:>5} {:>9} {:>5} {:>10}"


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    options.add_argument("--kills", type=int, default=224)
    options.add_argument("--seed", type=int, default=2027)
    given = options.parse_args()
    began = perf_counter()
    legs = crash(given.kills, given.seed)
    return report(legs, perf_counter() - began, given.seed)


def report(legs: list[Leg], seconds: float, seed: int) -> int:
    """Print the table; 0 if nothing was lost, nothing came twice and every ledger is as a smooth one."""
    print(
        ROW.format(
            "engine", "deliverers", "connections", "killed", "kills", "uncertain", "lost", "duplicates"
        )
    )
    for leg in legs:
        for point in (*POINTS, *sorted(leg.accounts.keys() - set(POINTS))):
            if point in leg.accounts:
                a = leg.accounts[point]
                print(
                    ROW.format(
                        leg.engine,
                        leg.deliverers,
                        leg.connections,
                        point,
                        a.kills,
                        a.uncertain,
                        a.lost,
                        a.duplicates,
                    )
                )
    accounts = [account for leg in legs for account in leg.accounts.values()]
    kills, uncertain, lost, duplicates = (
        sum(getattr(account, name) for account in accounts)
        for name in ("kills", "uncertain", "lost", "duplicates")
    )
    equal = all(leg.digests == {"equal"} for leg in legs)
    verdict = "equal to a smooth run's" if equal else "NOT equal to a smooth run's"
    print(
        f"{kills} kills in {seconds:.0f} s, seed {seed}; {uncertain} messages were uncertain and settled "
        f"from the server's list; ledger digests {verdict}"
    )
    print(f"lost {lost}, duplicates {duplicates}")
    return 0 if equal and not lost and not duplicates else 1


if __name__ == "__main__":
    sys.exit(main())
