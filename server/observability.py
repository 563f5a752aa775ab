"""Logs as JSON lines on standard output, and the addresses that watch over the process."""

import logging
from http import HTTPStatus

import structlog
from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from server.api.problems import ApiProblem
from sessions.errors import StoreUnavailable
from sessions.store import Store


def configure_logs(level: str) -> None:
    """One JSON object per line; no addresses, no names, no texts of participants."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    # The transports log every packet and its address at info, and a traceback for every packet
    # of a client's that makes no sense; what goes wrong in our own part, sockets/wire.py logs.
    for name in ("engineio", "socketio", "werkzeug", "engineio.server", "socketio.server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def register(app: Flask, store: Store) -> None:
    """Health, readiness and metrics."""

    @app.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @app.get("/readyz")
    def readyz() -> Response:
        try:
            store.ping()
        except StoreUnavailable:
            raise ApiProblem(HTTPStatus.SERVICE_UNAVAILABLE, "the store does not answer") from None
        return Response("ready\n", content_type="text/plain; charset=utf-8")

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
