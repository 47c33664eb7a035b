"""The only SQL: tables, the unit of work, and queries by name."""

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

# Services pass a connection around and hear it fail; what that is belongs here.
__all__ = ["Connection", "IntegrityError", "OperationalError", "SQLAlchemyError"]
