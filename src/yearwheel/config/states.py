"""The two letters of a state, as the Postal Service writes them."""

from yearwheel.config.sections import text
from yearwheel.config.yaml_text import FieldError, Node

STATES = frozenset(
    {
        *("AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL"),
        *("IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT"),
        *("NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI"),
        *("SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY"),
    }
)
DISTRICT_AND_TERRITORIES = frozenset({"DC", "AS", "GU", "MP", "PR", "VI"})
KNOWN = STATES | DISTRICT_AND_TERRITORIES


def read_state(node: Node) -> str:
    """The letters of a state, of DC or a territory; the fault of others names those that begin alike."""
    written = text(node)
    if written in KNOWN:
        return written
    message = f"{written!r} is not a state's two letters"
    if written.upper() in KNOWN:
        raise FieldError(node, message, written.upper())
    alike = ", ".join(sorted(state for state in KNOWN if state[0] == written[0].upper()))
    meant = f"; did you mean one of {alike}?" if alike else ""
    raise FieldError(node, message + meant, example="KY")
