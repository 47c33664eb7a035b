"""Time zones by their names, and the one that was meant by a name that is none."""

from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

OF_THE_STATES = (
    "America/New_York (Eastern), America/Chicago (Central), America/Denver (Mountain), America/Los_Angeles "
    '(Pacific); Wikipedia\'s "List of tz database time zones" has them all'
)
ALIKE = 0.75  # of a place's letters; with fewer in common another place is meant


@cache
def zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def nearest_zone(name: str) -> str | None:
    """The zone whose place is written most like this one's, rather in the same part of the world."""
    area, _, place = name.lower().replace(" ", "_").rpartition("/")
    # A zone without an area, such as EST, knows no summer time.
    zones = sorted((zone for zone in zone_names() if "/" in zone), key=_is_of_the_states)
    for part in ([zone for zone in zones if zone.lower().startswith(f"{area}/")], zones):
        by_place = {zone.lower().rpartition("/")[2]: zone for zone in part}
        if near := get_close_matches(place, by_place, n=1, cutoff=ALIKE):
            return by_place[near[0]]
    return None


def _is_of_the_states(zone: str) -> tuple[bool, str]:
    return zone.startswith(("America/", "US/")), zone
