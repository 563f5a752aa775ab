"""The composition root: everything is made and wired here, and nowhere else."""

from typing import NamedTuple

import msgspec
from flask import Flask, Response
from flask_socketio import SocketIO

from server import concurrency, metrics, observability, pages, security
from server.api import openapi, problems, routes
from server.api.access import Access
from server.api.content import Public
from server.api.rooms import Rooms
from server.api.werkplaatsen import Werkplaatsen
from server.attempts import Attempts
from server.broadcast import Broadcast
from server.heartbeat import Heartbeat
from server.hub import Hub
from server.settings import Settings
from server.sockets.entry import Entry
from server.sockets.wire import Wire
from sessions import exercise
from sessions.protocol.decode import MAX_EVENT
from sessions.store import Store


class Application(NamedTuple):
    """What there is to run."""

    app: Flask
    socketio: SocketIO
    hub: Hub
    wire: Wire
    heartbeat: Heartbeat


def create_app(settings: Settings, store: Store) -> Application:
    """An application on a store; nothing runs or listens yet."""
    app = Flask("server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = concurrency.MAX_BODY
    exercises = exercise.load()
    socketio = SocketIO(
        app,
        async_mode=settings.async_mode,
        # In order, and without a thread per event.
        async_handlers=False,
        manage_session=False,
        cookie=None,
        http_compression=False,
        monitor_clients=False,  # The heartbeat does.
        # Room for a whole burst of a polling client; one event is refused far below this.
        max_http_buffer_size=16 * MAX_EVENT,
        cors_allowed_origins=lambda origin, environ: security.own_origin(
            origin, environ.get("HTTP_HOST", ""), settings
        ),
    )
    lanes = concurrency.lanes(settings.async_mode, settings.lane)
    broadcast = Broadcast(socketio, lanes.by_sid if lanes else None)
    hub = Hub(store, exercises, broadcast)
    attempts = Attempts()
    heartbeat = Heartbeat(socketio.server.eio)
    wire = Wire(socketio, hub, Entry(hub, store, attempts), broadcast, heartbeat)
    if lanes:
        lanes.serve(socketio, wire.take_move)
    mode = "threading" if settings.async_mode == "threading" else settings.lane
    metrics.SERVER.info({"mode": mode})

    access = Access(hub, store, attempts)
    table = [
        *Werkplaatsen(hub, store, access, exercises, settings).routes(),
        *Rooms(hub, store, access, settings).routes(),
        *Public(access, exercises, settings).routes(),
    ]
    problems.register(app)
    routes.register(app, table, access, settings)
    observability.register(app, store)
    described = msgspec.json.encode(openapi.document(table))

    @app.get("/openapi.json")
    def describe() -> Response:
        return Response(described, content_type="application/json")

    pages.register(app, settings)
    security.protect(app, settings)
    return Application(app, socketio, hub, wire, heartbeat)
