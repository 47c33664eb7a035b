"""Commands as letters, tasks and terminals print them, to be copied."""


def command(words: str, cycle_key: str) -> str:
    """A command that acts in one cycle. It names it: it is read on other days, when two may be published."""
    return f"yearwheel {words} --cycle {cycle_key}"


def ended(words: str, cycle_key: str) -> str:
    """A sentence with its full stop; none after a command, with which it would be copied."""
    return words if words.endswith(f"--cycle {cycle_key}") else f"{words}."
