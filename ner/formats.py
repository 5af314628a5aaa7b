"""Readers and writers of tagged posts.

Two column formats, told apart by their content: ``IMGID:`` lines before each post (Twitter-2015 and 2017), and plain
``token tag`` columns (WNUT, CoNLL). And JSONL, one post a line, which alone can carry knowledge.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ner.context_fields import context_fields
from ner.errors import FormatError, TagError
from ner.spans import OUTSIDE, TYPES, split_tag
from ner.taggers import KnownName, TaggerInput

TYPE_NAMES: Mapping[str, str] = {
    **{name: name for name in TYPES},
    "MISC": "OTHER",
    "PERSON": "PER",
    "LOCATION": "LOC",
    "GEO-LOC": "LOC",
    "ORGANIZATION": "ORG",
    "CORPORATION": "ORG",
    "GROUP": "ORG",
    "PRODUCT": "OTHER",
    "CREATIVE-WORK": "OTHER",
}
"""What other data sets call the types (in capitals), and our name."""

_IMAGE_LINE = "IMGID:"
_UNWRITABLE = re.compile(r"[\t\r\n]")


@dataclass(frozen=True, slots=True)
class TaggedPost:
    """A post with its gold tags."""

    id: str  # unique in its file
    tokens: tuple[str, ...]  # the words as they are in the file
    tags: tuple[str, ...]  # one BIO tag a token, with the types of :data:`ner.spans.TYPES`
    caption: str = ""  # what a picture's caption says; "" where there is none
    image: str | None = None  # the picture's name, where the file gives one
    knowledge: tuple[tuple[str, str, str], ...] = ()  # triples about the picture: ("Chad", "is a", "country")
    # what the picture shows, with probabilities: (("flagpole", 0.41), ...)
    attributes: tuple[tuple[str, float], ...] = ()
    known_names: tuple[KnownName, ...] = ()  # where names that a graph knows stand in the text


def read_posts(path: Path, *, types: Sequence[str] | None = TYPES) -> list[TaggedPost]:
    """Posts of a file in any of the formats here.

    Args:
        path: The file.
        types: Which types of entities there are: a tag of another one is read as :func:`our_tag` says. None keeps
            every type as it is written.

    Raises:
        FormatError: The file is missing, not text, or a line in it has a different form; with the line's number.
    """
    first = next((line for _, line in _lines(path) if line.strip()), "")
    return (read_jsonl if first.lstrip().startswith("{") else read_conll)(path, types=types)


def read_conll(path: Path, *, types: Sequence[str] | None = TYPES) -> list[TaggedPost]:
    """Posts of a column file: token first, tag last, tab or blanks between, an empty line after each post.

    An empty token (``<tab>O``) is kept as "". A post without an ``IMGID:`` line has its number as id; an id
    that occurs again gets ``#2``, ``#3``.

    Raises:
        FormatError: The file is missing, not text, or a line has no tag or a wrong one.
    """
    posts: list[TaggedPost] = []
    uses: Counter[str] = Counter()
    for image, rows in _blocks(path, types):
        name = image if image is not None else str(len(posts) + 1)
        uses[name] += 1
        unique = name if uses[name] == 1 else f"{name}#{uses[name]}"
        tokens, tags = zip(*rows, strict=True)
        posts.append(TaggedPost(unique, tokens, tags, image=image))
    return posts


def write_conll(path: Path, posts: Iterable[TaggedPost]) -> None:
    """Write posts as tab-separated columns, each under an ``IMGID:`` line with its id.

    Raises:
        FormatError: A token or an id holds a tab or a line break, which this format cannot say.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for post in posts:
            for text in (post.id, *post.tokens):
                if _UNWRITABLE.search(text):
                    raise FormatError(
                        f"{path}: {text!r} in post {post.id!r} holds a tab or line break: write JSONL instead"
                    )
            file.write(f"{_IMAGE_LINE}{post.id}\n")
            file.writelines(f"{token}\t{tag}\n" for token, tag in zip(post.tokens, post.tags, strict=True))
            file.write("\n")


def read_jsonl(path: Path, *, types: Sequence[str] | None = TYPES) -> list[TaggedPost]:
    """Posts of a JSONL file: ``id``, ``tokens``, ``tags``, and where known ``caption``, ``image``, ``knowledge``.

    Also ``attributes`` and ``known_names``; what each holds :func:`ner.context_fields.context_fields` says.

    Raises:
        FormatError: The file is missing, not text, or a line is not such an object; with the line's number.
    """
    return [_post_from_json(line, path, number, types) for number, line in _lines(path) if line.strip()]


def tagger_input(post: TaggedPost) -> TaggerInput:
    """A post as a tagger sees it: all but its tags."""
    return TaggerInput(post.tokens, post.attributes, post.caption, post.knowledge, known_names=post.known_names)


def read_captions(path: Path) -> dict[str, str]:
    """Captions by image name, from lines of ``name<TAB>caption``; an empty caption counts as none.

    Raises:
        FormatError: The file is missing, not text, or a line has no tab.
    """
    captions: dict[str, str] = {}
    for number, line in _lines(path):
        name, tab, caption = line.partition("\t")
        if not tab and line.strip():
            raise FormatError(f"{path}:{number}: expected 'name<TAB>caption', found {line[:80]!r}")
        if caption.strip():
            captions[name.strip()] = caption.strip()
    return captions


def with_captions(posts: Sequence[TaggedPost], captions: Mapping[str, str]) -> list[TaggedPost]:
    """The posts with the captions of their pictures; a post whose picture has none is left as it is."""
    return [replace(post, caption=captions.get(post.image or post.id, post.caption)) for post in posts]


def our_tag(tag: str, types: Sequence[str] | None = TYPES) -> str:
    """A data set's tag with our name of its type: ``B-MISC`` is ``B-OTHER``, ``I-location`` is ``I-LOC``.

    Args:
        tag: A BIO tag.
        types: The types there are. One that is written as one of these, in whatever case, stays; any other has the
            name that :data:`TYPE_NAMES` gives it. None keeps every type as it is written.

    Raises:
        TagError: It is not a BIO tag, or of a type that has no name here.
    """
    prefix, kind = split_tag(tag)
    if prefix == OUTSIDE:
        return OUTSIDE
    if types is None:
        return tag
    ours = {name.upper(): name for name in types}
    for name in (kind.upper(), TYPE_NAMES.get(kind.upper(), "")):
        if name in ours:
            return f"{prefix}-{ours[name]}"
    known = sorted({*types, *(name for name, our in TYPE_NAMES.items() if our in ours)})
    raise TagError(f"type {kind!r} is unknown: use one of {', '.join(known)}, or train with --own-types")


def our_type(kind: str) -> str:
    """Our name of a type: ``person`` is PER; of one that has none here, its own."""
    return TYPE_NAMES.get(kind.upper(), kind)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, 1):
                yield number, line.rstrip("\r\n")
    except OSError as error:
        raise FormatError(f"{path}: cannot be read ({error.strerror}): give a file of tagged posts") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: is not UTF-8 text (byte {error.start}): convert it first") from error


def _blocks(path: Path, types: Sequence[str] | None) -> Iterator[tuple[str | None, list[tuple[str, str]]]]:
    image: str | None = None
    rows: list[tuple[str, str]] = []
    for number, line in _lines(path):
        starts_post = line.startswith(_IMAGE_LINE)
        if rows and (starts_post or not line.strip()):
            yield image, rows
            image, rows = None, []
        if starts_post:
            image = line[len(_IMAGE_LINE) :].strip()
        elif line.strip():
            rows.append(_row(line, path, number, types))
    if rows:
        yield image, rows


def _row(line: str, path: Path, number: int, types: Sequence[str] | None) -> tuple[str, str]:
    columns = line.split("\t") if "\t" in line else line.split(" ")
    if len(columns) < 2:
        raise FormatError(f"{path}:{number}: expected 'token<TAB>tag', found {line[:80]!r}")
    try:
        return columns[0], our_tag(columns[-1].strip(), types)
    except TagError as error:
        raise FormatError(f"{path}:{number}: {error}") from error


def _post_from_json(line: str, path: Path, number: int, types: Sequence[str] | None) -> TaggedPost:
    try:
        row = json.loads(line)
        if "\\ud" in line.lower():  # perhaps half of an escaped pair, which no file can hold
            row = json.loads(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
        tokens, tags = tuple(map(str, row["tokens"])), tuple(our_tag(tag, types) for tag in row["tags"])
        if len(tokens) != len(tags):
            raise FormatError(f"{len(tokens)} tokens but {len(tags)} tags")
        caption, image = str(row.get("caption") or ""), row.get("image")
        beside = context_fields(row, len(tokens))
        return TaggedPost(str(row.get("id", number)), tokens, tags, caption, image, *beside)
    except (TagError, FormatError) as error:
        raise FormatError(f"{path}:{number}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{path}:{number}: expected an object with 'tokens' and 'tags' ({error})") from error
