"""The only SQL: tables, the unit of work, and queries by name."""

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

# Services pass a connection around and the check-up hears it fail; what either is belongs here.
__all__ = ["Connection", "OperationalError", "SQLAlchemyError"]
