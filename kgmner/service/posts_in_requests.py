"""The posts in a request: JSON (one, or a list), or a form with an upload. No file of this machine is ever read."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from starlette.datastructures import UploadFile
from starlette.requests import Request

from kgmner.service.errors import ServiceError, too_large
from kgmner.service.settings import ServiceSettings
from linker import POST_FIELDS, Post, PostError, post_from_json

Entry: TypeAlias = Post | ServiceError
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FIX = 'send {"text": "Chad looks great"}, or a list of such: [{...}, {...}]; see /openapi.json for more'


async def posts_in(request: Request, service: ServiceSettings) -> tuple[list[Entry], bool]:
    """The posts of a request, each as a post or as what is wrong with it; and whether they came as a list.

    Raises:
        ServiceError: The request holds no posts, or too many.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if packed := request.headers.get("content-encoding", "identity").replace("identity", ""):
        raise ServiceError(415, packed, "a body that is not compressed", "send it as it is")
    if kind == FORMS[1] and (await request.body()).lstrip().startswith((b"{", b"[")):  # as curl -d says of anything
        kind = "application/json"
    if kind in FORMS:
        fields = await form_of(request)
        uploads = [fields.pop(name) for name, value in list(fields.items()) if isinstance(value, UploadFile)]
        if len(uploads) > 1:
            raise ServiceError(422, f"{len(uploads)} files", "one picture", "send a post for each")
        content = await uploads[0].read() if uploads and uploads[0].filename else None  # no name: none was chosen
        return [await asyncio.to_thread(read_post, fields, service, picture=content)], False
    if kind != "application/json" and not kind.endswith("+json"):
        raise ServiceError(415, kind, f"application/json or {' or '.join(FORMS)}", "set the header Content-Type")
    return await asyncio.to_thread(_from_json, await request.body(), service)


async def form_of(request: Request) -> dict[str, Any]:
    """The fields of a form; those that were left empty are not there."""
    form = await request.form(max_files=4, max_fields=50)
    return once(item for item in form.multi_items() if item[1] != "")


def once(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of a form or an address.

    Raises:
        ServiceError: One is given twice.
    """
    fields: dict[str, Any] = {}
    for name, value in items:
        if name in fields:
            raise ServiceError(422, f"{name}, given twice", "each field once", "send a list of posts as JSON")
        fields[name] = value
    return fields


def _from_json(body: bytes, service: ServiceSettings) -> tuple[list[Entry], bool]:
    try:
        value = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ServiceError(400, f"{type(error).__name__}: {error}", "a body of JSON in UTF-8", _FIX) from None
    is_list = isinstance(value, list)
    values = value if isinstance(value, list) else [value]
    if len(values) > service.max_posts:
        raise too_large(f"{len(values):,} posts", f"{service.max_posts:,} posts in a request", "send fewer at once")
    return [read_post(item, service, number=number) for number, item in enumerate(values)], is_list


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def read_post(
    value: Any, service: ServiceSettings, *, number: int = 0, picture: bytes | None = None, as_shown: bool = True
) -> Entry:
    """A post, or what is wrong with it; without an id, its number is one; a picture that was uploaded is its own."""
    if not isinstance(value, Mapping):
        return ServiceError(422, json.dumps(value), "a post: an object with a text or tokens", _FIX)
    try:
        called = [service.names["image"].lower()] if "image" in service.names else POST_FIELDS["image"]
        pictures = {name for name in value if name.strip().lower() in called}
        rest = {name: item for name, item in value.items() if name not in pictures}
        chars = len(json.dumps(rest, ensure_ascii=False))
        if chars > service.max_post_chars:
            limit = f"{service.max_post_chars:,} characters of JSON in a post, beside its picture"
            return too_large(f"a post of {chars:,} characters", limit, "cut the text into several posts")
        post = post_from_json(value, folder=None, names=service.names, default_id=number, as_shown=as_shown)
    except PostError as error:
        return ServiceError(422, error.text, error.reason, "correct this post and send it again")
    except RecursionError as error:
        return ServiceError(422, type(error).__name__, "a post that is not nested so deeply", _FIX)
    return replace(post, image=picture, image_url="", image_error="") if picture is not None else post


def fetched(entries: Iterable[Entry], service: ServiceSettings) -> list[Entry]:
    """The posts with the pictures that they name by web addresses, where the service may ask for them."""
    if service.fetch is None:
        return list(entries)
    entries, until = list(entries), time.monotonic() + service.timeout_s / 2
    late = "was not fetched, as others took too long: ask again"

    def in_time() -> Iterator[Post]:
        for post in entries:
            if isinstance(post, Post):
                is_late = post.image_url and time.monotonic() >= until
                yield replace(post, image_url="", image_error=late) if is_late else post

    found = iter(list(service.fetch(in_time())))
    return [next(found) if isinstance(entry, Post) else entry for entry in entries]
