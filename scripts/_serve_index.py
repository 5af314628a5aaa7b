"""An index in a browser: Datasette, read-only, with titles and queries, and pages of our own for entities and posts."""

import asyncio
import io
import socket
import tomllib
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import uvicorn
from datasette import Response, hookimpl
from datasette.app import Datasette
from datasette.database import Database, QueryInterrupted
from datasette.plugins import pm
from markupsafe import Markup

from scripts._cli import CommandError, say
from scripts._decisions import asked_in_words, decisions_of
from scripts._entity_page import entity_page, picture_file
from scripts._words import evident, how_in_words, knowledge_in_words, near_in_words, not_recognised, path_in_words

if TYPE_CHECKING:
    from kg import KnowledgeCache
    from linker import Index

_HERE = Path(__file__).parent
_SIDE = 360  # pixels of a picture's longer side
_SETTINGS = {
    "sql_time_limit_ms": 500,  # a page asks twice: for rows, and how many
    "suggest_facets": False,
    "allow_facet": True,
    "facet_time_limit_ms": 400,
    "max_returned_rows": 1000,
    "allow_csv_stream": False,
    "allow_download": False,
}
# Nothing but this server is asked, whatever an IRI or a text holds; Datasette's own pages have scripts in them.
_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'unsafe-inline';"
    " object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_IRI_COLUMNS = {
    **dict.fromkeys(("iri", "entity_iri", "nearest_iri", "subject_iri", "object_iri")),
    "subject": "subject_iri",
    "object": "object_iri",
    "entity": "entity_iri",
}
_BAD_NUMBER = 1 << 31
_TOO_LONG = (
    f"This was ended after {_SETTINGS['sql_time_limit_ms']} ms, so that others are served: it reads very many rows, and"
    " no index helps it. Find an entity by its name, filter by an id or an IRI, or give it more time with --timeout"
)
_UNSORTED = ": no index has its rows in that order. Sort by a column whose head is a link, or in a terminal"


def serve_index(index: "Index", cache: Path, *, host: str, port: int) -> None:
    """Serve an index and its knowledge cache until it is stopped.

    Raises:
        CommandError: The address cannot be listened at.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise CommandError(f"{host}:{port} cannot be listened at ({error.strerror}): give another --port") from None
    opened = _open_cache(cache)
    with listening, opened or nullcontext():
        app = make_app(index, opened).app()
        at = f"[{host}]" if ":" in host else host
        say(f"serving {index.path} at http://{at}:{listening.getsockname()[1]}/; stop it with Ctrl-C")
        uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on")).run(sockets=[listening])


def make_app(index: "Index", cache: "KnowledgeCache | None") -> Datasette:
    """Datasette over the databases of an index, with our pages."""
    from linker import GRAPH

    # Each error would be printed with every local value: that takes seconds, and shows what is in the posts.
    vars(import_module("datasette.handle_exception"))["rich"] = None
    counts = {name: {"count": number} for name, number in index.manifest.counts.items() if " " not in name}
    known = {"kg": {"hash": index.graph.identity(), "size": 0, "file": "", "tables": counts}}
    served = Datasette(
        files=[],
        metadata=_metadata(index),
        template_dir=str(_HERE / "templates" / "serve"),
        static_mounts=[("kgmner", str(_HERE / "data"))],
        settings=_SETTINGS,
        inspect_data=known,
    )
    served.remove_database("_memory")
    served.add_database(Database(served, path=str(index.path / GRAPH), is_mutable=False), name="kg")
    if cache is not None:
        served.add_database(Database(served, path=str(cache.path), is_mutable=True), name="cache")
    pm.register(_Pages(index, cache), "kgmner")
    return served


def _open_cache(path: Path) -> "KnowledgeCache | None":
    """The knowledge cache, which other runs may write to meanwhile; None, with a word, where it cannot be read."""
    from kg import CacheError, KnowledgeCache

    if not path.is_file():
        say(f"{path}: there is none yet, so no posts are shown; link-and-tag makes it")
        return None
    try:
        return KnowledgeCache.open(path, read_only=True)
    except CacheError as error:
        say(f"{error}; no posts are shown")
        return None


def _metadata(index: "Index") -> dict[str, Any]:
    metadata = tomllib.loads((_HERE / "data" / "serve.toml").read_text("utf-8"))
    sources = ", ".join(source.name for source in index.manifest.sources[:10])
    return metadata | {"title": f"kgmner: {index.path.name}", "source": sources}


class _Pages:
    """What Datasette asks of a plugin."""

    def __init__(self, index: "Index", cache: "KnowledgeCache | None") -> None:
        self.__name__ = "kgmner-pages"  # Datasette asks a plugin for it
        self._index, self._cache = index, cache

    @hookimpl
    def register_routes(self) -> list[tuple[str, Callable[..., Awaitable[Response]]]]:
        """The addresses of our own."""
        return [
            (r"^/-/entity$", self.entity),
            (r"^/-/post$", self.post),
            (r"^/-/picture$", self.picture),
            (r"^/-/post-picture$", self.post_picture),
        ]

    @hookimpl
    def extra_css_urls(self) -> list[str]:
        """What Datasette's style sheet lacks."""
        return ["/kgmner/serve.css"]

    @hookimpl
    def extra_body_script(self) -> str:
        """The language of the pages, which Datasette does not say."""
        return 'document.documentElement.lang = "en";'

    @hookimpl
    def prepare_jinja2_environment(self, env: Any) -> None:
        """What our templates call."""
        env.filters.update(address=_address, near=near_in_words, how=how_in_words, path=path_in_words)
        env.filters.update(
            asked=asked_in_words, known=knowledge_in_words, not_recognised=not_recognised, evident=evident
        )

    @hookimpl
    def render_cell(self, row: Any, value: Any, column: str) -> Markup | None:
        """An entity leads to its page, a post to its decision; Datasette shows the rest."""
        if column in _IRI_COLUMNS and isinstance(value, str) and value:
            of = _IRI_COLUMNS[column]
            iri = value if of is None else row[of] if of in row.keys() else None  # noqa: SIM118 -- a row of SQLite
            return _link(value, "entity", q=iri) if iri else None
        if column in {"id", "post"} and "file" in row.keys() and isinstance(value, str):  # noqa: SIM118
            return _link(value, "post", file=row["file"], id=value)
        return None

    @hookimpl
    async def handle_exception(self, datasette: Any, request: Any, exception: Exception) -> Response | None:
        """What takes too long, or is no column to sort by, is told with what to do instead."""
        query = exception.__context__
        said = _TOO_LONG if isinstance(query, QueryInterrupted) else f"{exception}{_UNSORTED}"
        if request.path.endswith(".json") or not said.startswith((_TOO_LONG, "Cannot sort")):
            return None
        told = {"title": "Too much for this page", "said": f"{said}: kg-cache {self._index.path} sql"}
        told |= {"sql": getattr(query, "sql", "")}
        return Response.html(await datasette.render_template("missing.html", told, request), status=400)

    @hookimpl
    def asgi_wrapper(self) -> Callable[[Any], Any]:
        """Every answer tells the browser to ask nobody else."""
        return _with_policy

    async def entity(self, datasette: Any, request: Any) -> Response:
        """The page of an entity, by its IRI or a name."""
        from kg import EntityNotFoundError

        asked = request.args.get("q") or ""
        pages = {name: _number(request.args.get(name)) for name in ("out", "in", "facts", "names", "posts")}
        try:
            values = await asyncio.to_thread(entity_page, self._index, self._cache, asked, pages)
        except EntityNotFoundError as error:
            missing = await datasette.render_template("missing.html", {"asked": asked, "said": str(error)}, request)
            return Response.html(missing, status=404)
        return Response.html(await datasette.render_template("entity.html", values, request=request))

    async def post(self, datasette: Any, request: Any) -> Response:
        """The whole decision about the posts of an id, or about one of a file."""
        asked = request.args.get("id") or ""
        found = await asyncio.to_thread(self._decisions, asked, request.args.get("file"))
        if not found:
            said = f"the cache remembers no post {asked!r}"
            missing = await datasette.render_template("missing.html", {"asked": "", "said": said}, request)
            return Response.html(missing, status=404)
        return Response.html(await datasette.render_template("post.html", {"posts": found, "asked": asked}, request))

    async def picture(self, request: Any) -> Response:
        """A picture of the graph, small."""
        number = _number(request.args.get("id"))
        return await asyncio.to_thread(_small, picture_file(self._index, number))

    async def post_picture(self, request: Any) -> Response:
        """The picture of a post that the cache remembers, small."""
        found = await asyncio.to_thread(self._decisions, request.args.get("id") or "", request.args.get("file"))
        files = [Path(one["result"].image) for one in found if one["result"] and one["result"].image]
        return await asyncio.to_thread(_small, next(iter(files), None))

    def _decisions(self, post: str, file: str | None) -> list[dict[str, Any]]:
        from linker import cut_at_mentions, why

        if self._cache is None or not post:
            return []
        return [
            {
                "post": one.post,
                "asked": one.asked,
                "result": one.result,
                "pieces": cut_at_mentions(one.result) if one.result else [],
                "why": [why(mention) for mention in one.result.mentions] if one.result else [],
                "has_picture": bool(one.result and one.result.image and Path(one.result.image).is_file()),
            }
            for one in decisions_of(self._cache, post)
            if file is None or one.post.file == file
        ]


def _with_policy(app: Any) -> Callable[[Any, Any, Any], Awaitable[None]]:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        async def tell(message: Any) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", _POLICY.encode())
                message = message | {"headers": [*message.get("headers", ()), policy]}
            await send(message)

        await app(scope, receive, tell)

    return answer


def _small(file: Path | None) -> Response:
    """A picture as a small JPEG, or that there is none."""
    from vision import PictureError, load_picture_apart

    try:
        picture = load_picture_apart(file).image if file is not None else None
    except PictureError:
        picture = None
    if picture is None:
        return Response.text("no such picture", status=404)
    picture.thumbnail((_SIDE, _SIDE))
    data = io.BytesIO()
    picture.convert("RGB").save(data, "JPEG", quality=80)
    return Response(data.getvalue(), content_type="image/jpeg", headers={"cache-control": "max-age=3600"})


def _number(text: str | None) -> int:
    """A number of a page from an address: 1 where it is none."""
    return int(text) if text and text.isdecimal() and 0 < int(text[:12]) < _BAD_NUMBER else 1


def _address(page: str, **values: Any) -> str:
    return f"/-/{page}?{urlencode(values)}"


def _link(text: str, page: str, **values: Any) -> Markup:
    return Markup('<a href="{}">{}</a>').format(_address(page, **values), text)
