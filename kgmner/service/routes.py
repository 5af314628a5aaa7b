"""What can be asked of the service: to read posts, in our form or in Spotlight's; the page; how it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from kgmner.report import report_html
from kgmner.service.answers import as_json
from kgmner.service.errors import ServiceError
from kgmner.service.examples import ANNOTATE, SPOTLIGHT
from kgmner.service.logs import LOG
from kgmner.service.metrics import POSTS, metrics_text
from kgmner.service.model_threads import ModelThreads
from kgmner.service.page import CARD_HEADERS, PAGE, PAGE_HEADERS
from kgmner.service.posts_in_requests import Entry, fetched, form_of, once, posts_in, read_post
from kgmner.service.spotlight import Asked, annotation
from linker import Post, Result, result_to_json

router = APIRouter()
_FETCHING = CapacityLimiter(8)  # requests whose pictures are fetched at once; others do not wait for them
_JSON = ("application/json", "application/*", "*/*")


@router.post("/v1/annotate", openapi_extra=ANNOTATE, summary="Read one post, or a list of posts")
async def annotate(request: Request, explain: bool = False) -> Response:
    """Answer with what ``link-and-tag`` writes: an object for an object, a list for a list."""
    _models(request).ready()
    entries, is_list = await posts_in(request, request.app.state.service)
    answers = await _read(request, entries)
    if not is_list and isinstance(answers[0], ServiceError):
        raise answers[0]
    said = await asyncio.to_thread(lambda: [_to_json(answer, explain=explain) for answer in answers])
    return as_json(said if is_list else said[0])


@router.api_route("/spotlight/annotate", methods=["GET"], openapi_extra=SPOTLIGHT, summary="As DBpedia Spotlight")
@router.api_route("/spotlight/annotate", methods=["POST"], include_in_schema=False)
@router.api_route("/spotlight/rest/annotate", methods=["GET", "POST"], include_in_schema=False)
@router.api_route("/rest/annotate", methods=["GET", "POST"], include_in_schema=False)
async def spotlight(request: Request) -> Response:
    """Answer as DBpedia Spotlight does, in JSON."""
    pipeline = _models(request).ready()
    accept = request.headers.get("accept", "*/*")
    if not any(kind.partition(";")[0].strip() in _JSON for kind in accept.split(",")):
        raise ServiceError(406, f"Accept: {accept}", "application/json", "ask for JSON, the one form that there is")
    form = await form_of(request) if request.method == "POST" else {}
    asked = Asked.read(once(request.query_params.multi_items()) | form)
    service = replace(request.app.state.service, names={})  # Spotlight's names are its own
    entry = await asyncio.to_thread(read_post, {"text": asked.text}, service, as_shown=False)
    [answer] = await _read(request, [entry])
    if isinstance(answer, ServiceError):
        raise answer
    return as_json(await asyncio.to_thread(annotation, answer, asked, pipeline.index))


@router.get("/", include_in_schema=False)
async def page() -> Response:
    """The page where a person pastes a post."""
    return HTMLResponse(PAGE, headers=PAGE_HEADERS)


@router.post("/card", include_in_schema=False)
async def card(request: Request) -> Response:
    """What was found in the post of the page, as a report."""
    pipeline = _models(request).ready()
    entries, _ = await posts_in(request, replace(request.app.state.service, names={}))  # the form's names are ours
    if len(entries) != 1:
        raise ServiceError(422, f"{len(entries)} posts", "one post", "send one, or ask /v1/annotate")
    [entry] = entries
    [answer] = await _read(request, [entry])
    if isinstance(answer, ServiceError):
        raise answer
    picture = entry.image if isinstance(entry, Post) and answer.image_error is None else None
    pieces = report_html([answer], [picture], index=pipeline.index, title="The post, tagged and linked")
    return HTMLResponse(await asyncio.to_thread("".join, pieces), headers=CARD_HEADERS)


@router.get("/v1/health", summary="Whether the service lives")
async def health(request: Request) -> Response:
    """200 as long as the service is not to be started anew."""
    models = _models(request)
    return as_json({"state": models.state}, status=200 if models.is_alive else 500)


@router.get("/v1/ready", summary="Whether posts can be sent")
async def ready(request: Request) -> Response:
    """200 when posts are read; 503 while the service starts or stops."""
    pipeline = _models(request).ready()
    manifest = pipeline.index.manifest
    return as_json({"state": "ready", "index": manifest.identity, "tagger": pipeline.tagger.name})


@router.get("/metrics", summary="What was counted, for Prometheus")
async def metrics() -> Response:
    """The metrics, of all workers."""
    return Response(metrics_text(), media_type="text/plain; version=0.0.4")


def _models(request: Request) -> ModelThreads:
    models: ModelThreads = request.app.state.models
    return models


async def _read(request: Request, entries: Sequence[Entry]) -> list[Result | ServiceError]:
    """Read posts: for each the result, or what is wrong."""
    service = request.app.state.service
    if service.fetch is not None and any(isinstance(entry, Post) and entry.image_url for entry in entries):
        entries = await to_thread.run_sync(fetched, entries, service, limiter=_FETCHING, abandon_on_cancel=True)
    posts = [entry for entry in entries if isinstance(entry, Post)]
    POSTS.labels("bad").inc(len(entries) - len(posts))
    read = iter([_answer(found) for found in await _models(request).read(posts)])
    return [entry if isinstance(entry, ServiceError) else next(read) for entry in entries]


def _answer(found: Result | BaseException) -> Result | ServiceError:
    if isinstance(found, Result):
        POSTS.labels("read").inc()
        return found
    POSTS.labels("failed").inc()
    LOG.error("post failed", exc_info=found)
    return ServiceError(500, type(found).__name__, "a post that can be read", "tell the keeper of the service")


def _to_json(answer: Result | ServiceError, *, explain: bool) -> dict[str, Any]:
    return answer.to_json() if isinstance(answer, ServiceError) else result_to_json(answer, explain=explain)
