"""A number and its noun."""


def counted(count: int, noun: str, plural: str = "") -> str:
    """ "1 district", "1,204 districts"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
