"""Prefect tasks: ids in, one service call, and a retry only where doing it twice does no harm."""
