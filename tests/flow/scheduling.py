"""Prefect's server as an operator runs it, scheduler and all; a module for `uvicorn --factory`.

Prefect 3.8.8 writes scheduled runs with a key, `state`, that is no column of theirs. SQLAlchemy 2.0 passes
over such a key, 2.1 refuses it; here it is told to pass over it.
"""

from typing import Any

from sqlalchemy import inspect


def create_app() -> Any:
    from prefect.server.api.server import create_app as create
    from prefect.server.database.orm_models import FlowRun

    inspect(FlowRun).all_orm_descriptors["state"].bulk_dml_setter = lambda *_: None
    return create()
