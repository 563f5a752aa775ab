"""The command line: `python -m server` starts it; see `--help`."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click

from server import concurrency
from server.settings import Settings, SettingsError, documentation, load
from sessions.errors import CopyError, ExerciseError, StoreAway, StoreUnusable


def _fail(message: object, code: int = 2) -> None:
    """One clear line; exit code 2, or 1 where the same may go well a little later."""
    _say(f"mengpaneel: {message}")
    sys.exit(code)


_say = partial(click.echo, err=True)


@contextmanager
def _clearly() -> Iterator[None]:
    """What is known to go wrong is one clear line."""
    try:
        yield
    except (
        SettingsError,
        StoreUnusable,
        ExerciseError,
        CopyError,
        concurrency.PortTaken,
    ) as error:
        _fail(error)
    except StoreAway as error:
        _fail(error, code=1)


@click.group(invoke_without_command=True)
@click.option("--demo", is_flag=True, help="Open a werkplaats with three simulated colleagues.")
@click.pass_context
def main(context: click.Context, *, demo: bool) -> None:
    """Runs Mengpaneel; settings come from the environment (docs/configuration.md)."""
    if context.invoked_subcommand is not None:
        return
    with _clearly():
        settings = load()
        # Before anything that might wait is imported.
        concurrency.prepare(settings.async_mode)
        _run(settings, demo=demo)


@main.command()
def settings() -> None:
    """Prints the settings as a page of the manual."""
    click.echo(documentation(), nl=False)


@main.command()
@click.option("--worker", "workers", multiple=True, required=True, help="ADDRESS:PORT, for each.")
@click.option("--listen", multiple=True, help="PORT or ADDRESS:PORT, where browsers come in.")
@click.option("--server-name", default="_", help="The host name that users see.")
@click.option("--certificate", type=click.Path(path_type=Path), help="For https, with --key.")
@click.option("--key", type=click.Path(path_type=Path), help="For https, with --certificate.")
@click.option(
    "--standalone",
    type=click.Path(path_type=Path),
    help="A whole nginx.conf, for an nginx that keeps its files in this folder.",
)
def nginx(
    *,
    workers: tuple[str, ...],
    listen: tuple[str, ...],
    server_name: str,
    certificate: Path | None,
    key: Path | None,
    standalone: Path | None,
) -> None:
    """Prints a configuration of nginx in front of these workers."""
    from server.nginx import Tls, configuration

    if (certificate is None) != (key is None):
        _fail("--certificate and --key go together")
    # Links are kept: a certificate that is renewed stands behind the same one.
    tls = Tls(certificate.absolute(), key.absolute()) if certificate and key else None
    folder = standalone and standalone.absolute()
    with _clearly():
        click.echo(configuration(workers, listen, server_name, tls, folder), nl=False)


_FILE = click.Path(path_type=Path, allow_dash=True)


@main.command()
@click.argument("file", type=_FILE, default="-")
def export(*, file: Path) -> None:
    """Writes a copy of all that is in STORE_URL to FILE, or to standard output.

    That is the back-up. It can be made while servers run.
    """
    from server.copies import write_copy

    # Told to stop, it still clears away what it began.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with _clearly():
        _say(write_copy(load().store_url, file, _say))


@main.command("import")
@click.argument("file", type=_FILE, default="-")
@click.option("--skip-existing", is_flag=True, help="Keep what is there, import the rest.")
def import_(*, file: Path, skip_existing: bool) -> None:
    """Brings the copy in FILE, or on standard input, into STORE_URL.

    What has expired stays out. A server with a SQLite file must not run, with Redis it may.
    """
    from server.copies import read_copy

    with _clearly():
        _say(read_copy(load().store_url, file, _say, skip_existing=skip_existing))


def _run(settings: Settings, *, demo: bool) -> None:
    from server.app import create_app
    from server.observability import configure_logs
    from server.storing import open_store, remarks, where

    configure_logs(settings.log_level)
    listener = concurrency.listen(settings.host, settings.port)
    store = open_store(settings.store_url, click.echo)
    made = create_app(settings, store)
    ticking = concurrency.spawn(made.hub.run, "hub")
    concurrency.spawn(made.heartbeat.run, "heartbeat")
    if store.shared:
        concurrency.spawn(made.hub.company.listen, "company")

    host, port = listener.getsockname()[:2]
    address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    click.echo(f"Mengpaneel runs at {address}")
    click.echo(f"The data is in  {where(store, settings.store_url)}")
    click.echo(f"Stop it with    Ctrl+C (or: kill {os.getpid()})")
    for remark in remarks(store):
        click.echo(f"Mind            {remark}")
    if demo:
        from server.demo import start

        links = start(made.hub, store)
        click.echo(f"Try a seat at   {address}{links.room}")
        click.echo(f"Look along at   {address}{links.facilitator}")
    try:
        concurrency.serve(made.app, made.socketio, listener, settings.async_mode)
        if store.shared:
            made.wire.drain(settings.drain_seconds)
    finally:
        made.hub.stop()
        ticking.join()
        store.close()
    concurrency.leave(settings.async_mode)


if __name__ == "__main__":
    main()
