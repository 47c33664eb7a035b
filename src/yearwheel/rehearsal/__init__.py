"""A whole year on a virtual clock: behaviour models, inboxes and the report of what happened."""
