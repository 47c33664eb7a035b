"""One verb per file: open a unit of work, decide, commit. Pages, commands and tasks share these."""
