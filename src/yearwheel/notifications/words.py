"""The words of a kind of message at one version of its templates: what a person approves, once."""

from collections.abc import Iterable

Words = tuple[str, str]  # kind, version


def write_words(words: Iterable[Words]) -> str:
    """As a letter keeps them: "late=41c0d2a9 reminder=77a1b0c3"."""
    return " ".join(f"{kind}={version}" for kind, version in sorted(words))


def read_words(text: str) -> frozenset[Words]:
    """What `write_words` wrote."""
    pairs = (pair.partition("=") for pair in text.split())
    return frozenset((kind, version) for kind, _, version in pairs)
