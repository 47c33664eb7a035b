"""The only SQL: tables, the unit of work, and queries by name."""

from sqlalchemy import Connection

__all__ = ["Connection"]  # services pass one around; what it is belongs to the store
