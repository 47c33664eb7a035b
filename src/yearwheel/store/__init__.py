"""The only SQL: tables, the unit of work, and queries by name."""
