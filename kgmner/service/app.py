"""The application: it loads the models while it already answers, and turns every error into one form."""

import asyncio
import ctypes
import os
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from kgmner.service.answers import error_answer
from kgmner.service.errors import ServiceError
from kgmner.service.model_threads import ModelThreads
from kgmner.service.routes import router
from kgmner.service.settings import ServiceSettings
from kgmner.service.watch import Watch
from linker import Pipeline, Post

_REFUSING_S = 1.0
_M_ARENA_MAX = -8  # of malloc.h
_PICTURE = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"  # of one pixel


def make_app(service: ServiceSettings, failed: Callable[[Exception], None]) -> FastAPI:
    """Make the application.

    Args:
        service: Its settings.
        failed: Told why the models cannot be loaded.
    """
    from kgmner import __version__

    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        _keep_memory_together()
        # All that is done apart is done here: each thread that asks the graph keeps a connection and its pages.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2, "apart"))
        app.state.models = ModelThreads(partial(_open, service), most_waiting=service.max_waiting, failed=failed)
        _refuse_before_the_end(app.state.models)
        yield
        await app.state.models.stop()

    app = FastAPI(
        title="kgmner", version=__version__, lifespan=live, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.service = service
    app.include_router(router)
    app.add_middleware(Watch, service=service)
    for kind in (ServiceError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    return app


def _keep_memory_together() -> None:
    """Have threads share two heaps: by default glibc gives each its own, and these keep what others could use."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def _refuse_before_the_end(models: ModelThreads) -> None:
    """After SIGTERM, tell who has come or still comes to ask elsewhere, before the server closes their connections."""
    loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def refuse(number: int) -> None:
        models.state = "stopping"
        if callable(end):
            loop.call_later(_REFUSING_S, end, number, None)

    signal.signal(signal.SIGTERM, lambda number, _: loop.call_soon_threadsafe(refuse, number))


def _open(service: ServiceSettings) -> Pipeline:
    """Load everything, so that no request waits for it."""
    import torch

    if service.workers > 1:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // service.workers))
    pipeline = Pipeline.open(service.index, service.reading)
    _ = pipeline.index.images, pipeline.index.initials
    pipeline.process([Post("", ("Warm", "up"), _PICTURE)])
    return pipeline


def _answer(request: Request, error: Exception) -> Response:
    """Say any error in the one form."""
    if isinstance(error, HTTPException):
        what = f"{request.method} {request.url.path}"
        headers = error.headers or {}
        expected = headers.get("Allow", "a path that is here" if error.status_code == 404 else error.detail)
        error = ServiceError(error.status_code, what, expected, "see /openapi.json for what there is")
        error.headers |= headers
    if isinstance(error, RequestValidationError):
        [wrong, *_] = error.errors()
        value = f"{wrong['loc'][-1]}={wrong['input']}"
        error = ServiceError(422, value, wrong["msg"], "see /openapi.json for what there is")
    assert isinstance(error, ServiceError)
    return error_answer(error, request.url.path)
