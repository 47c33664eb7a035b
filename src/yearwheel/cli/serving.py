"""`yearwheel serve`: this machine runs everything."""

from typing import Annotated

import typer

from yearwheel.cli.desk import At, CycleKey, installation_at, new_installation


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
    cycle: CycleKey = "",
    at: At = "",
) -> None:
    """Serve the pages, ring the daily bells and show the runs in Prefect, until Ctrl-C.

    With --at the pages alone, on a day on which the clock stands still: for a
    year that is acted out.
    """
    from yearwheel.serve import serve as run

    with installation_at(cycle, at) if at else new_installation() as app:
        run(app, host or app.settings.host, port or app.settings.port, rings=not at)
