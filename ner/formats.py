"""Readers of tagged posts.

Files of columns, a word a line (Twitter-2015 and 2017, CoNLL, WNUT, MultiCoNER; ``ner.column_files``), in any scheme
of tags (``ner.tag_schemes``), with the types of published sets (``ner.tag_types``). And JSON lines, one post a line,
which alone can carry knowledge.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ner.column_files import Block, Layout, find_layout, read_blocks
from ner.context_fields import context_fields
from ner.errors import FormatError, TagError
from ner.spans import OUTSIDE, split_tag
from ner.tag_schemes import read_tags, scheme_of
from ner.tag_types import TypeTable, our_type, type_table
from ner.taggers import KnownName, TaggerInput
from ner.text_files import TextFile, is_text


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


def read_posts(
    path: Path, *, types: TypeTable | None = None, tell: Callable[[str], None] | None = None
) -> list[TaggedPost]:
    """Posts of a file in any of the formats here.

    Args:
        path: The file, also compressed.
        types: What the file's types are called here (`ner.tag_types.type_table`).
        tell: Told in a line what is not plain BIO with our types: the scheme, and what was mapped.

    Raises:
        FormatError: The file is missing, not text, or a line in it has a different form; with the line's number.
    """
    with TextFile(path) as file:
        first = next((line for line in file.first_lines() if line.strip()), "")
    reader = read_jsonl if first.lstrip().startswith("{") else read_conll
    return reader(path, types=types, tell=tell)


def read_conll(
    path: Path, *, types: TypeTable | None = None, tell: Callable[[str], None] | None = None
) -> list[TaggedPost]:
    """Posts of a file of columns, whatever its separators and its scheme of tags; their tags become BIO.

    An empty token (``<tab>O``) is kept as "". A post without an ``IMGID:`` line has the id of a comment before it
    (``# id 7``), else its number; an id that occurs again gets ``#2``, ``#3``.

    Raises:
        FormatError: The file is missing, not text, or a line has no tag or a wrong one.
    """
    with TextFile(path) as file:
        layout = find_layout(file.first_lines()) or Layout(2, 0, 1, is_indented=False)
        blocks = list(read_blocks(file.lines(), layout))
        _check_whole(file)
    for block in blocks:
        if block.bad:
            raise FormatError(f"{path}:{block.bad[0]}: {block.bad[1]}: correct it in the data")
        for number, word, tag in block.rows:
            if not tag:
                raise FormatError(f"{path}:{number}: expected 'token<TAB>tag', found {word[:80]!r}")
    scheme = scheme_of([tag for _, _, tag in block.rows] for block in blocks)
    mapping = _Mapping(types)
    posts = [
        TaggedPost(
            block.name,
            tuple(word for _, word, _ in block.rows),
            _ours(block, scheme, mapping, path),
            image=block.image,
        )
        for block in blocks
    ]
    if tell is not None and (scheme != "BIO" or str(mapping)):
        tell(f"{path}: {_count(posts)} in columns of words and tags ({scheme}){mapping}")
    return posts


def read_jsonl(
    path: Path, *, types: TypeTable | None = None, tell: Callable[[str], None] | None = None
) -> list[TaggedPost]:
    """Posts of a JSONL file: ``id``, ``tokens``, ``tags``, and where known ``caption``, ``image``, ``knowledge``.

    Also ``attributes`` and ``known_names``; what each holds :func:`ner.context_fields.context_fields` says. Tags are
    BIO.

    Raises:
        FormatError: The file is missing, not text, or a line is not such an object; with the line's number.
    """
    mapping = _Mapping(types)
    with TextFile(path) as file:
        posts = [_post_from_json(line, path, number, mapping) for number, line in file.lines() if line.strip()]
        _check_whole(file)
    if tell is not None and str(mapping):
        tell(f"{path}: {_count(posts)} in JSON lines{mapping}")
    return posts


def tagger_input(post: TaggedPost) -> TaggerInput:
    """A post as a tagger sees it: all but its tags."""
    return TaggerInput(post.tokens, post.attributes, post.caption, post.knowledge, known_names=post.known_names)


def read_captions(path: Path) -> dict[str, str]:
    """Captions by image name, from lines of ``name<TAB>caption``; an empty caption counts as none.

    Raises:
        FormatError: The file is missing, not text, or a line has no tab.
    """
    captions: dict[str, str] = {}
    with TextFile(path) as file:
        for number, line in file.lines():
            name, tab, caption = line.partition("\t")
            if (not tab and line.strip()) or not is_text(line):
                raise FormatError(f"{path}:{number}: expected 'name<TAB>caption', found {line[:80]!r}")
            if caption.strip():
                captions[name.strip()] = caption.strip()
        _check_whole(file)
    return captions


def with_captions(posts: Sequence[TaggedPost], captions: Mapping[str, str]) -> list[TaggedPost]:
    """The posts with the captions of their pictures; a post whose picture has none is left as it is."""
    return [replace(post, caption=captions.get(post.image or post.id, post.caption)) for post in posts]


def our_tag(tag: str, types: TypeTable | None = None) -> str:
    """A data set's tag with our name of its type: ``B-MISC`` is ``B-OTHER``, ``I-location`` is ``I-LOC``.

    Args:
        tag: A BIO tag.
        types: What the data set's types are called here (:func:`ner.tag_types.type_table`).

    Raises:
        TagError: It is not a BIO tag, or of a type that has no name here.
    """
    return _Mapping(types).tag(*split_tag(tag))


def _count(posts: Sequence[TaggedPost]) -> str:
    return f"{len(posts):,} post{'' if len(posts) == 1 else 's'}"


def _check_whole(file: TextFile) -> None:
    if file.damage:
        raise FormatError(f"{file.name}: {file.damage}")


class _Mapping:
    """Types of a file as ours, and in words what was called what."""

    def __init__(self, types: TypeTable | None) -> None:
        self._types = type_table() if types is None else types
        self._seen: Counter[tuple[str, str]] = Counter()

    def tag(self, prefix: str, kind: str) -> str:
        """The BIO tag with our type; ``O`` where the table leaves the type out."""
        if prefix == OUTSIDE:
            return OUTSIDE
        ours = our_type(kind, self._types)
        self._seen[kind, ours] += prefix == "B"
        return OUTSIDE if ours == OUTSIDE else f"{prefix}-{ours}"

    def __str__(self) -> str:
        called = [f"{kind} as {ours}" for kind, ours in sorted(self._seen) if ours not in (kind, OUTSIDE)]
        left_out = [f"{kind} ({count:,})" for (kind, ours), count in sorted(self._seen.items()) if ours == OUTSIDE]
        parts = [f"; {', '.join(called)}" if called else "", f"; left out: {', '.join(left_out)}" if left_out else ""]
        return "".join(parts)


def _ours(block: Block, scheme: str, mapping: _Mapping, path: Path) -> tuple[str, ...]:
    """The tags of a post in BIO with our types; neighbours whose types become one stay entities of their own."""
    tags: list[str] = []
    before = ("", "")  # type and tag
    try:
        for prefix, kind in read_tags((tag for _, _, tag in block.rows), scheme):
            ours = mapping.tag(prefix, kind)
            if prefix == "I" and before[0] not in ("", kind) and ours[2:] == before[1][2:]:
                ours = mapping.tag("B", kind)
            tags.append(ours)
            before = kind, ours
    except TagError as error:
        raise FormatError(f"{path}:{block.rows[len(tags)][0]}: {error}") from error
    return tuple(tags)


def _post_from_json(line: str, path: Path, number: int, mapping: _Mapping) -> TaggedPost:
    if not is_text(line):
        raise FormatError(f"{path}:{number}: is not UTF-8 text: convert it first")
    try:
        row = json.loads(line)
        if "\\ud" in line.lower():  # perhaps half of an escaped pair, which no file can hold
            row = json.loads(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
        tokens, tags = tuple(map(str, row["tokens"])), tuple(mapping.tag(*split_tag(tag)) for tag in row["tags"])
        if len(tokens) != len(tags):
            raise FormatError(f"{len(tokens)} tokens but {len(tags)} tags")
        caption, image = str(row.get("caption") or ""), row.get("image")
        beside = context_fields(row, len(tokens))
        return TaggedPost(str(row.get("id", number)), tokens, tags, caption, image, *beside)
    except (TagError, FormatError) as error:
        raise FormatError(f"{path}:{number}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"{path}:{number}: expected an object with 'tokens' and 'tags' ({error})") from error
