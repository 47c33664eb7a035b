"""`yearwheel deploy`: Prefect rings the bells, and workers anywhere do the work."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from yearwheel.cli.desk import By, Unclear, installation
from yearwheel.cli.show import say, table

if TYPE_CHECKING:
    from yearwheel.services.app import App
    from yearwheel.services.bells import Hung
    from yearwheel.store.ringer import Ringer


def deploy(
    by: By,
    pool: Annotated[
        str, typer.Option("--pool", metavar="NAME", help="The work pool; made if there is none of that name.")
    ] = "yearwheel",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be registered, and do nothing.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the bells back, for serve to ring.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="With --remove: Prefect is gone for good, do not ask it.")
    ] = False,
) -> None:
    """Let the Prefect of PREFECT_API_URL ring the bells, on its own schedules, for workers on any machine.

    Deploy again after a cycle was published, closed or reopened, and after settings changed.
    Workers get the settings from here, and secrets from their own environment.
    """
    from yearwheel.services.ringer import hand_to_prefect, take_from_prefect, wanted_bells

    if forget and not remove:
        raise Unclear("--forget goes with --remove")
    with installation() as app:
        if dry_run:
            _print_bells(wanted_bells(app), pool)
            say("\nnothing was registered")
        elif remove:
            taken = take_from_prefect(app, _forget if forget else _remove, by=by)
            say(f"Prefect on {taken.api_url} rings no longer\nto go on: yearwheel serve, or deploy again")
        else:
            api_url = _api_url()

            def register(name: str, bells: "Sequence[Hung]") -> None:
                _register(app, api_url, name, pool, bells)

            _print_bells(hand_to_prefect(app, register, pool=pool, api_url=api_url, by=by), pool)
            _say_what_next(app, pool, api_url)


def _api_url() -> str:
    api_url = os.environ.get("PREFECT_API_URL", "")
    if not api_url:
        raise Unclear("say which Prefect server: PREFECT_API_URL=http://HOST:4200/api yearwheel deploy")
    return api_url


def _register(app: "App", api_url: str, name: str, pool: str, bells: "Sequence[Hung]") -> None:
    import asyncio

    from yearwheel.config.settings import settings_for_workers, variable

    settings = settings_for_workers(app.settings)
    if app.database.is_sqlite:
        settings[variable("data_dir")] = str(app.settings.data_dir.resolve())
    _without_calls_home()
    from yearwheel.flows.deployments import register

    asyncio.run(register(api_url, name, pool, bells, settings, one_writer=app.database.is_sqlite))


def _remove(ringer: "Ringer") -> None:
    import asyncio

    _without_calls_home()
    from yearwheel.flows.deployments import remove

    asyncio.run(remove(ringer.api_url, ringer.installation))


def _forget(_ringer: "Ringer") -> None:
    return


def _without_calls_home() -> None:
    """Prefect reads its settings once, while it is imported."""
    os.environ |= {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}


def _print_bells(bells: "Sequence[Hung]", pool: str) -> None:
    rows = ((bell.name, bell.bell.flow, bell.bell.cron, bell.zone.key) for bell in bells)
    table(("bell", "flow", "when", "in"), rows, title=f"work pool {pool}")


def _say_what_next(app: "App", pool: str, api_url: str) -> None:
    from yearwheel.config.settings import secrets_given

    where = "on this machine, where the data is," if app.database.is_sqlite else "on any machine"
    say(f"\n{api_url} rings these bells now; a worker {where} does the work:")
    say(f"  PREFECT_API_URL={api_url} prefect worker start --pool {pool}")
    if needed := secrets_given(app.settings):
        say(f"it needs in its own environment: {', '.join(needed)}")
    say("to undo: yearwheel deploy --remove")
