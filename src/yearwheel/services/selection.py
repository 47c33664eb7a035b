"""Naming many districts at once: by code, county, cooperative, a circle on the map, or all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from yearwheel.roster.people import District, Roster
from yearwheel.services.app import Refused
from yearwheel.services.lookup import did_you_mean

EARTH = 6371.0  # kilometres, the mean radius


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on the map, in degrees and kilometres."""

    latitude: float
    longitude: float
    km: float

    def __str__(self) -> str:
        return f"within {self.km:g} km of {self.latitude}, {self.longitude}"

    def holds(self, district: District) -> bool:
        """Whether a district lies in it; one without a place on the map does not."""
        away = self.distance(district)
        return away is not None and away <= self.km

    def distance(self, district: District) -> float | None:
        """Kilometres from its middle along the earth's surface, by the haversine formula."""
        if district.latitude is None or district.longitude is None:
            return None
        one, other = radians(self.latitude), radians(district.latitude)
        half_up, half_over = (other - one) / 2, radians(district.longitude - self.longitude) / 2
        chord = sin(half_up) ** 2 + cos(one) * cos(other) * sin(half_over) ** 2
        return 2 * EARTH * asin(sqrt(chord))


@dataclass(frozen=True, slots=True)
class Selection:
    """Every district that any part of it names."""

    codes: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    cooperatives: tuple[str, ...] = ()
    circle: Circle | None = None
    everyone: bool = False

    def __str__(self) -> str:
        parts = [*self.codes, *(f"{name} County" for name in self.counties), *self.cooperatives]
        if self.circle:
            parts.append(str(self.circle))
        return "every district" if self.everyone else ", ".join(parts)


def select(roster: Roster, selection: Selection) -> list[District]:
    """The selected districts in code order, without the state office.

    Refused with every name that fits no district, a circle that holds none, and for a selection of nobody.
    """
    owing = [d for d in roster.districts.values() if not d.is_state_office]
    faults = [
        *_unknown("district", selection.codes, (d.code for d in owing)),
        *_unknown("county", selection.counties, (d.county for d in owing)),
        *_unknown("cooperative", selection.cooperatives, (d.cooperative for d in owing)),
        *(_empty(selection.circle, owing) if selection.circle else ()),
    ]
    if faults:
        raise Refused("\n".join(faults))
    chosen = [d for d in owing if selection.everyone or _names(selection)(d)]
    if not chosen:
        raise Refused("this names no district; give codes, --county, --cooperative, --near or --all")
    return sorted(chosen, key=lambda d: d.code)


def off_the_map(roster: Roster, selection: Selection) -> list[str]:
    """What to say of districts that no circle can find, since the roster has no place for them."""
    if selection.circle is None or selection.everyone:
        return []
    lost = [
        d for d in roster.districts.values() if not d.is_state_office and selection.circle.distance(d) is None
    ]
    chosen = _names(selection)
    names = ", ".join(f"{d.code} {d.name}" for d in lost if not chosen(d))
    return [f"not on the map, so no circle finds it: {names}"] if names else []


def _names(selection: Selection) -> Callable[[District], bool]:
    counties = {name.casefold() for name in selection.counties}
    cooperatives = {name.casefold() for name in selection.cooperatives}
    return lambda d: (
        d.code in selection.codes
        or d.county.casefold() in counties
        or d.cooperative.casefold() in cooperatives
        or (selection.circle is not None and selection.circle.holds(d))
    )


def _empty(circle: Circle, districts: Iterable[District]) -> Iterable[str]:
    away = [(km, d) for d in districts if (km := circle.distance(d)) is not None]
    if not away:
        yield "no district of the roster has a place on the map; name them in another way than --near"
    elif min(km for km, _ in away) > circle.km:
        km, nearest = min(away, key=lambda pair: pair[0])
        yield f"no district lies {circle}; the nearest is {nearest.code} {nearest.name}, {km:,.0f} km away"


def _unknown(what: str, given: Iterable[str], known: Iterable[str]) -> Iterable[str]:
    there = {name.casefold(): name for name in known if name}
    for name in given:
        if name.casefold() not in there:
            yield f"no district fits the {what} {name!r}{did_you_mean(name, there.values())}"
