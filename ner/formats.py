"""Readers of tagged posts.

Files of columns, a word a line (Twitter-2015 and 2017, CoNLL, WNUT, MultiCoNER; ``ner.column_files``), and JSON, an
object a post, which alone can carry knowledge. Both in any scheme of tags (``ner.tag_schemes``), with the types of
published sets (``ner.tag_types``).
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ner.column_files import Layout, find_layout, read_blocks
from ner.context_fields import context_fields
from ner.errors import FormatError, TagError
from ner.marked_texts import MarkedTexts, flat_row
from ner.plain_letters import plain_letters
from ner.spans import OUTSIDE, split_tag
from ner.tag_schemes import read_tags, scheme_of, split_written
from ner.tag_types import TypeTable, our_type, type_key, type_table
from ner.taggers import KnownName, TaggerInput
from ner.text_files import TextFile, is_text

POST_FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "id_str", "tweet_id", "post_id", "status_id"),
    "tokens": ("tokens", "words"),
    "tags": ("tags", "ner_tags"),
    "image": (
        *("image", "image_path", "image_file", "image_bytes", "image_base64", "image_url", "images"),
        *("picture", "photo", "img", "media_url_https", "media_url"),
    ),
    "caption": ("caption", "image_caption", "alt_text"),
}
"""What the fields of a post in JSON may be called, tagged or not; the first that is there counts."""

_BEGINS_JSON = re.compile(r'\ufeff?\s*(\{\s*["}]|(?P<array>\[)\s*[\[{])')
_WANTED = "give a word and its tag in columns, or JSON objects with 'tokens' and 'tags', or 'text' and 'spans'"


@dataclass(frozen=True, slots=True)
class TaggedPost:
    """A post with its gold tags."""

    id: str  # as the file has it, else its number; of JSON perhaps not unique
    tokens: tuple[str, ...]  # the words as they are in the file
    tags: tuple[str, ...]  # one BIO tag a token, with the types of :data:`ner.spans.TYPES`
    caption: str = ""  # what a picture's caption says; "" where there is none
    image: str | None = None  # the picture's name, where the file gives one
    knowledge: tuple[tuple[str, str, str], ...] = ()  # triples about the picture: ("Chad", "is a", "country")
    # what the picture shows, with probabilities: (("flagpole", 0.41), ...)
    attributes: tuple[tuple[str, float], ...] = ()
    known_names: tuple[KnownName, ...] = ()  # where names that a graph knows stand in the text


def read_posts(
    path: str | Path, *, types: TypeTable | None = None, tell: Callable[[str], None] | None = None
) -> list[TaggedPost]:
    """Posts of a file in any of the formats here; their tags, of whatever scheme, become BIO.

    In columns an empty token (``<tab>O``) is kept as "". A post without an ``IMGID:`` line has the id of a comment
    before it (``# id 7``), else its number; an id that occurs again gets ``#2``, ``#3``. In JSON lines, or an array, a
    post has ``tokens``, ``tags``, and where known ``id``, ``image``, ``caption`` (or as else :data:`POST_FIELDS` calls
    them), and what :func:`ner.context_fields.context_fields` says; or a text with marked spans
    (:mod:`ner.marked_texts`), which is cut into words here.

    Args:
        path: The file, also compressed.
        types: What the file's types are called here (`ner.tag_types.type_table`).
        tell: Told in a line what is not plain BIO with our types: the scheme, and what was mapped.

    Raises:
        FormatError: The file is missing, not text, or a line in it has a different form; with the line's number.
    """
    table, marked = type_table() if types is None else types, MarkedTexts()
    with TextFile(path) as file:
        is_json = _BEGINS_JSON.match("\n".join(file.first_lines()))
        try:
            is_array = bool(is_json and is_json["array"])
            written = list(_json_posts(file, marked, is_array=is_array) if is_json else _column_posts(file, table))
        finally:
            _check_whole(file)  # a line that was cut is no mistake of its own
    scheme, mapping = scheme_of(post.tags for post, _ in written), _Mapping(table)
    posts = [replace(post, tags=_ours(post.tags, places, scheme, mapping)) for post, places in written]
    said = f"{mapping}{marked}"
    if tell is not None and (scheme != "BIO" or said):
        form = "JSON" if is_json else "columns of words and tags"
        tell(f"{path}: {len(posts):,} post{'' if len(posts) == 1 else 's'} in {form} ({scheme}){said}")
    return posts


def tagger_input(post: TaggedPost) -> TaggerInput:
    """A post as a tagger sees it: all but its tags, and its words in plain letters, as ``link-and-tag`` reads them."""
    tokens = tuple(map(plain_letters, post.tokens))
    return TaggerInput(tokens, post.attributes, post.caption, post.knowledge, known_names=post.known_names)


def read_captions(path: str | Path) -> dict[str, str]:
    """Captions by image name, from lines of ``name<TAB>caption``; an empty caption counts as none.

    Raises:
        FormatError: The file is missing, not text, or a line has no tab.
    """
    captions: dict[str, str] = {}
    with TextFile(path) as file:
        for number, line in file.lines():
            name, tab, caption = line.partition("\t")
            if not is_text(line):
                raise FormatError(f"{path}:{number}: is not UTF-8 text: convert it first")
            if not tab and line.strip():
                raise FormatError(f"{path}:{number}: expected 'name<TAB>caption', found {line[:80]!r}")
            if caption.strip():
                captions[name.strip()] = caption.strip()
        _check_whole(file)
    return captions


def with_captions(posts: Sequence[TaggedPost], captions: Mapping[str, str]) -> list[TaggedPost]:
    """The posts with the captions of their pictures; a post whose picture has none is left as it is."""
    return [replace(post, caption=captions.get(str(post.image or post.id), post.caption)) for post in posts]


def captioned(posts: Sequence[TaggedPost]) -> str:
    """Say how many posts have a caption."""
    return f"{sum(bool(post.caption) for post in posts):,} of {len(posts):,} posts have a caption"


def our_tag(tag: str, types: TypeTable | None = None) -> str:
    """A data set's tag with our name of its type: ``B-MISC`` is ``B-OTHER``, ``I-location`` is ``I-LOC``.

    Args:
        tag: A BIO tag.
        types: What the data set's types are called here (:func:`ner.tag_types.type_table`).

    Raises:
        TagError: It is not a BIO tag, or of a type that has no name here.
    """
    return _Mapping(type_table() if types is None else types).tag(*split_tag(tag))


def _check_whole(file: TextFile) -> None:
    if file.damage:
        raise FormatError(f"{file.name}: {file.damage}")


class _Mapping:
    """Types of a file as ours, and in words what was called what."""

    def __init__(self, types: TypeTable) -> None:
        self._types = types
        self._seen: Counter[tuple[str, str]] = Counter()

    def tag(self, prefix: str, kind: str, *, begins: bool = False) -> str:
        """The BIO tag with our type; ``O`` where the table leaves the type out. Counted where an entity begins."""
        if prefix == OUTSIDE:
            return OUTSIDE
        ours = our_type(kind, self._types)
        self._seen[kind, ours] += begins
        return OUTSIDE if ours == OUTSIDE else f"{prefix}-{ours}"

    def __str__(self) -> str:
        called = [f"{kind} as {ours}" for kind, ours in sorted(self._seen) if ours not in (kind, OUTSIDE)]
        left_out = [f"{kind} ({count:,})" for (kind, ours), count in sorted(self._seen.items()) if ours == OUTSIDE]
        parts = [f"; {', '.join(called)}" if called else "", f"; left out: {', '.join(left_out)}" if left_out else ""]
        return "".join(parts)


_Written = Iterator[tuple[TaggedPost, list[str]]]
"""Posts with their tags as they are written, and where each of these stands."""


def _column_posts(file: TextFile, types: TypeTable) -> _Written:
    layout = find_layout(file.first_lines())
    has_tags = layout is not None and layout.tag is not None
    for block in read_blocks(file.lines(), layout or Layout(2, 0, 1, is_indented=False)):
        if block.bad:
            raise FormatError(f"{file.name}:{block.bad[0]}: {block.bad[1]}: correct it in the data")
        for number, word, tag in block.rows:
            if not tag or not (has_tags or split_written(tag)[0] or type_key(tag) in types):
                found = f"{word} {tag}".strip()[:80]
                raise FormatError(f"{file.name}:{number}: expected 'token<TAB>tag', found {found!r}: {_WANTED}")
        words, tags = tuple(word for _, word, _ in block.rows), tuple(tag for _, _, tag in block.rows)
        places = [f"{file.name}:{number}" for number, _, _ in block.rows]
        yield TaggedPost(block.name, words, tags, image=block.image), places


def _json_posts(file: TextFile, marked: MarkedTexts, *, is_array: bool) -> _Written:
    for line, text in [(0, "".join(file.blocks()))] if is_array else file.lines():
        if not text.strip():
            continue
        place = file.name if is_array else f"{file.name}:{line}"
        value = _from_json(text, place)
        for number, row in enumerate(value if is_array else [value], 1):
            where = f"{place}, post {number}" if is_array else place
            if (flat := flat_row(row)) is None:
                marked.left_out += 1
                continue
            try:
                post = _post_from_row(flat, number if is_array else line, marked)
            except FormatError as error:
                raise FormatError(f"{where}: {error}") from error
            yield post, [where] * len(post.tags)


def _from_json(text: str, place: str) -> Any:
    if not is_text(text):
        raise FormatError(f"{place}: is not UTF-8 text: convert it first")
    try:
        value = json.loads(text)
    except ValueError as error:
        raise FormatError(f"{place}: is not JSON ({error}): {_WANTED}") from error
    if "\\ud" in text.lower():  # perhaps half of an escaped pair, which no file can hold
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return value


def _post_from_row(row: Any, number: int, marked: MarkedTexts) -> TaggedPost:
    if not isinstance(row, dict):
        raise FormatError(f"is {row!r:.80}: {_WANTED}")
    called = {
        field: next((n for n in names if row.get(n) not in (None, "")), None) for field, names in POST_FIELDS.items()
    }
    words, marks = called["tokens"], called["tags"]
    if words and marks:
        tokens = _strings(row, words, '["Chad", "smiles"]', (str, int, float))
        tags = _strings(row, marks, '["B-PER", "O"]', (str,))
    elif (found := marked.words_and_tags(row)) is not None:
        tokens, tags = found
    else:
        raise FormatError(f"has the fields {', '.join(row)}: {_WANTED}")
    if len(tokens) != len(tags):
        raise FormatError(f"{len(tokens)} tokens but {len(tags)} tags")
    image = row.get(called["image"])
    image = image[0] if isinstance(image, list) and len(image) == 1 else image
    if isinstance(image, (list, dict)):
        raise FormatError(f"{called['image']} is {image!r:.80}: expected the name of one picture")
    name, caption = row.get(called["id"], number), str(row.get(called["caption"], ""))
    return TaggedPost(str(name), tokens, tags, caption, image, *context_fields(row, len(tokens)))


def _strings(row: Mapping[str, Any], name: str, like: str, kinds: tuple[type, ...]) -> tuple[str, ...]:
    """The list of a field; words may be numbers."""
    found = row[name]
    wrong = [one for one in found if type(one) not in kinds] if isinstance(found, list) else [found]
    if wrong:
        raise FormatError(f"{name}: found {wrong[0]!r:.80}, expected a list of texts: {like}")
    return tuple(map(str, found))


def _ours(tags: Sequence[str], places: Sequence[str], scheme: str, mapping: _Mapping) -> tuple[str, ...]:
    """The tags of a post in BIO with our types; neighbours whose types become one stay entities of their own."""
    found: list[str] = []
    before = ("", "")  # type, as types are compared, and tag
    try:
        for prefix, kind in read_tags(tags, scheme):
            begins = prefix == "B" or type_key(kind) not in ("", before[0])
            ours = mapping.tag(prefix, kind, begins=begins)
            if begins and before[0] and ours[2:] == before[1][2:]:
                ours = mapping.tag("B", kind)
            found.append(ours)
            before = type_key(kind), ours
    except TagError as error:
        raise FormatError(f"{places[len(found)]}: {error}") from error
    return tuple(found)
