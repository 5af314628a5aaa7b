"""Serving: one process or several over one index and one port, until they are told to stop."""

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from kgmner.service.settings import ServiceSettings
from linker import LinkerError, open_index

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Config

    Configure = Callable[..., Config]

_FAILED = 3  # by this status uvicorn's supervisor knows not to start a worker again


class ServingError(LinkerError):
    """The service cannot be run."""


def serve(service: ServiceSettings, *, quiet: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C; what was accepted by then is answered.

    Args:
        service: Where to listen, how to read posts, and the limits.
        quiet: Log errors only.

    Raises:
        ServingError: A package is missing, the port cannot be had, or a worker cannot load what it needs.
        LinkerError: The index or a setting cannot be used; NerError: the tagger; VisionError: the picture encoder.
    """
    open_index(service.index).close()  # find out now
    listening = _listen(service)
    with listening, tempfile.TemporaryDirectory(prefix="kgmner-metrics-") as counts:
        if service.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts  # before its package is imported
        try:
            import uvicorn

            from kgmner.service.app import make_app
            from kgmner.service.logs import log_settings
        except ImportError as error:
            fix = "pip install 'kgmner[serve]'"
            raise ServingError(f"the service needs {error.name}, which is not installed: {fix}") from error
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn puts its own in its place and raises it again
        configure = partial(
            uvicorn.Config,
            factory=True,
            workers=service.workers,
            lifespan="on",
            http="kgmner.service.connection:Connection",
            ws="none",
            log_config=log_settings(quiet=quiet),
            access_log=False,  # it has the text of posts in addresses
            server_header=False,
            timeout_keep_alive=max(1, round(service.timeout_s)),
            timeout_graceful_shutdown=round(service.timeout_s) + 5,
            timeout_worker_healthcheck=60,
        )
        run = _run_several if service.workers > 1 else _run_one
        run(configure, partial(make_app, service), listening)


def _run_one(configure: "Configure", app: "partial[FastAPI]", listening: socket.socket) -> None:
    import uvicorn

    errors: list[Exception] = []

    def failed(error: Exception) -> None:
        errors.append(error)
        server.should_exit = True

    server = uvicorn.Server(configure(partial(app, failed)))
    _say_where(listening)
    server.run(sockets=[listening])
    if errors:
        raise errors[0]


def _run_several(configure: "Configure", app: "partial[FastAPI]", listening: socket.socket) -> None:
    from uvicorn.supervisors import Multiprocess

    supervisor = Multiprocess(configure(partial(app, _end_worker)), sockets=[listening])
    _say_where(listening)
    supervisor.run()
    if any(worker.exitcode == _FAILED for worker in supervisor.processes):
        raise ServingError("a worker could not load what it needs: the log says what, mend that")


def _say_where(listening: socket.socket) -> None:
    from kgmner.service.logs import LOG

    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    LOG.info("listening", extra={"fields": {"address": address}})


def _end_worker(error: Exception) -> None:
    """End this worker, and with it the others: they would fail in the same way."""
    from kgmner.service.logs import LOG

    LOG.critical("cannot load", extra={"fields": {"error": type(error).__name__, "reason": str(error)}})
    os._exit(_FAILED)


def _listen(service: ServiceSettings) -> socket.socket:
    """Take the port."""
    family = socket.AF_INET6 if ":" in service.host else socket.AF_INET
    try:
        listening = socket.create_server((service.host, service.port), family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        fix = "choose another --port (0 is any that is free) or --host"
        raise ServingError(f"cannot listen at {service.host}:{service.port}: {reason}; {fix}") from error
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer's body waits 40 ms after its head
    listening.set_inheritable(True)
    return listening
