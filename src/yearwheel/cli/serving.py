"""`yearwheel serve`: this machine runs everything."""

from typing import Annotated

import typer

from yearwheel.cli.desk import new_installation


def serve(
    host: Annotated[
        str,
        typer.Option("--host", metavar="ADDRESS", help="Where pages answer; otherwise as in the settings."),
    ] = "",
    port: Annotated[
        int,
        typer.Option(
            "--port",
            metavar="PORT",
            min=0,
            max=65535,
            help="The port of the pages; otherwise as in the settings.",
        ),
    ] = 0,
) -> None:
    """Serve the pages, ring the daily bells and show the runs in Prefect, until Ctrl-C."""
    from yearwheel.serve import serve as run

    with new_installation() as app:
        run(app, host or app.settings.host, port or app.settings.port)
