"""WHAT: what each kind of stage asks for, what is still missing, and the moves between statuses."""
