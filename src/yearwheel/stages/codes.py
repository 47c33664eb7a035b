"""The code tables a budget is written in: commodity codes and funding sources, Kentucky's to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Commodity codes of the Kentucky Education Technology System that are public; the state's list is longer.
KETS_CODES: Mapping[str, str] = MappingProxyType(
    {
        "31002100": "Basic End-User Device",
        "31002102": "All Other Software or Services",
        "31002104": "Classroom Technology",
        "31002105": "Advanced End-User Device",
        "31002107": "Data Storage Hardware",
        "31002110": "Munis Financial Software/Services",
        "31002111": "Infinite Campus Software/Services",
    }
)

DEVICE_CODES = frozenset({"31002100", "31002105"})

FUNDING_SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "kets_offer": "KETS offer of assistance",
        "kets_match": "KETS match",
        "kets_escrow": "KETS escrow",
        "general_fund": "general fund",
        "erate_c1": "E-rate Category One",
        "erate_c2": "E-rate Category Two",
        "title_i": "Title I",
        "title_ii_a": "Title II-A",
        "title_iii": "Title III",
        "title_iv_a": "Title IV-A",
        "idea_b": "IDEA-B",
        "perkins": "Perkins",
        "capital_outlay": "capital outlay fund",
        "building_fund": "building fund",
        "school_council": "school council funds",
        "grants": "grants and donations",
        "other": "other",
    }
)


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes in force for a cycle, each with its name."""

    commodities: Mapping[str, str] = field(default_factory=lambda: KETS_CODES)
    sources: Mapping[str, str] = field(default_factory=lambda: FUNDING_SOURCES)

    def source(self, key: str) -> str:
        """A funding source's name, or the key itself where it is unknown."""
        return self.sources.get(key, key)


KENTUCKY = Codes()
