"""Files of gold answers and of results to annotated posts: what cannot be used is counted and said."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from kg import plain_iri
from linker.evaluation.annotations import AnnotatedPost, Annotation, Place, Problems, add_problem

GOLD = "GOLD"

# How gold answers say that there is no entity, besides null: in JSON made of tables, of AIDA, of GERBIL.
_NIL = re.compile(r"\s*(?:nil|null|none|--nme--|\*null\*|https?://(?:www\.)?aksw\.org/notInWiki/.*)?\s*", re.IGNORECASE)

_Say = Callable[[str, str], None]  # what kind of thing cannot be used, and an example


def read_annotated_posts(path: Path, name: str, problems: Problems) -> dict[str, AnnotatedPost]:
    """Read gold answers or results, by the posts' ids.

    Args:
        path: JSON lines, also compressed. A line of results has ``mentions`` with ``entity``; one of gold
            answers that, ``gold`` (the linking sets) or ``links`` (kg-sample).
        name: What the file is called in messages: `GOLD`, or the name of some results.
        problems: Is told what cannot be used. A mention whose offsets cannot be used stays in, and matches nothing.

    Raises:
        FormatError: The file cannot be read.
    """
    posts: dict[str, AnnotatedPost] = {}
    for number, line in _lines(path, name, problems):
        if not line.strip():
            continue
        try:
            post = annotated_post(_parse(line), number, name, problems)
        except (ValueError, RecursionError) as error:
            add_problem(problems, f"{name}: lines that are not annotated posts (not used)", f"line {number}: {error}")
            continue
        if post.id in posts:
            add_problem(problems, f"{name}: ids given again (the first is used)", f"line {number}: {post.id!r}")
        posts.setdefault(post.id, post)
    return posts


def annotated_post(value: Any, number: int, name: str, problems: Problems) -> AnnotatedPost:
    """A post of a line's JSON value: what cannot be used is told to `problems`.

    Raises:
        ValueError: It is no annotated post.
    """
    if not isinstance(value, dict):
        raise ValueError(f"is a JSON {type(value).__name__}, expected an object")
    identifier = value.get("id", str(number))
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        raise ValueError(f"id is {identifier!r}, expected a string or a whole number")

    def say(kind: str, example: str) -> None:
        add_problem(problems, f"{name}: {kind}", f"line {number}, id {identifier!r}: {example}")

    places = _Places(value)
    annotations = [_annotation(item, places, say) for item in _items(value, is_gold=name == GOLD)]
    annotations.sort(key=lambda annotation: annotation.place or (len(places.text), 0))
    key = "image_entity" if name == GOLD and "image_entity" in value else "pictured"
    pictured, _ = _entity(value.get(key), say)
    hop = (value[key] if isinstance(value.get(key), dict) else value).get("hop")
    hop = hop if isinstance(hop, int) and pictured else None
    return AnnotatedPost(str(identifier), places.text, tuple(annotations), key in value, pictured, hop)


def _lines(path: Path, name: str, problems: Problems) -> Iterator[tuple[int, str]]:
    from ner import TextFile

    with TextFile(path) as file:
        yield from file.lines()
        if file.damage:
            add_problem(problems, f"{name}: {file.damage} (what comes before is used)", str(path))


def _parse(line: str) -> Any:
    from ner import is_text

    if not is_text(line):
        raise ValueError("is not UTF-8 text")
    value = json.loads(line.removeprefix("\ufeff"))
    if r"\ud" not in line.lower():
        return value
    # Half an emoji can stand in JSON, but in no file: link-and-tag writes "?" in its place.
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _items(value: Mapping[str, Any], *, is_gold: bool) -> list[dict[str, Any]]:
    """The annotations of a line, as they stand there."""
    # a post without links may have had its empty "links" before there were answers
    has_links = value.get("links") or ("links" in value and not value.get("mentions"))
    key = "mentions" if not is_gold else "gold" if "gold" in value else "links" if has_links else "mentions"
    items = value.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        expected = '"gold", "links" or "mentions"' if is_gold else '"mentions"'
        raise ValueError(f"{key} is {str(items)[:40]}, expected a list of objects in {expected}")
    if items and all("entity" not in item and "iri" not in item for item in items):
        raise ValueError(f'{key} without "entity": expected an entity or null in each (this may be a file of posts)')
    return items


def _annotation(item: Mapping[str, Any], places: "_Places", say: _Say) -> Annotation:
    place, reasons = places.find(item)
    if reasons:
        then = "the other ones are used" if place else "they match nothing"
        say(f"mentions whose offsets cannot be used ({then})", "; ".join(reasons))
    named, stands = item.get("text"), places.text_at(place)
    if place and isinstance(named, str) and named.split() and "".join(named.split()) != "".join(stands.split()):
        say(
            "mentions whose text is not what stands at their offsets (the offsets are used)",
            f"{named!r}, not {stands!r}",
        )
    answer = item["entity"] if "entity" in item else item.get("iri")
    if "entity" not in item and "iri" not in item:
        say('mentions without "entity" beside others that have it (taken as NIL)', str(dict(item))[:60])
    answer, *more = (answer or [None]) if isinstance(answer, list) else [answer]
    iri, label = _entity(answer, say)
    score = item.get("nil_score") if iri is None else answer.get("score") if isinstance(answer, dict) else None
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1):
        say("scores that are not from 0 to 1 (not in the calibration)", repr(score))
        score = None
    proposed = item.get("candidates")
    candidates = [(iri or "", label)]
    if isinstance(proposed, list) and proposed:
        candidates = [(known or "", label) for known, label in (_entity(candidate, say) for candidate in proposed)]
    return Annotation(
        place if iri != "" else None,
        stands or str(item.get("text", "")),
        iri,
        str(item.get("name") or label),
        str(item.get("type") or ""),
        score,
        tuple(candidates),
        tuple(known for known, _ in (_entity(other, say) for other in more) if known),
    )


def _entity(value: Any, say: _Say) -> tuple[str | None, str]:
    """IRI and label of an entity that is written as an IRI, as an object or as null; no text where it is no IRI."""
    iri, label = (value.get("iri", value), value.get("label")) if isinstance(value, dict) else (value, None)
    if iri is None or (isinstance(iri, str) and _NIL.fullmatch(iri)):
        return None, ""
    if isinstance(iri, str):
        return plain_iri(iri), str(label or "")
    say("entities that are not IRIs (they match nothing)", str(value)[:60])
    return "", str(label or "")


class _Places:
    """From a post's offsets, in characters or in tokens, to places among its characters that are not blanks."""

    def __init__(self, post: Mapping[str, Any]) -> None:
        text, tokens = post.get("text"), post.get("tokens")
        tokens = None if tokens == [] and text is not None else tokens
        if tokens is not None and not (isinstance(tokens, list) and all(isinstance(token, str) for token in tokens)):
            raise ValueError(f"tokens is {str(tokens)[:40]}, expected a list of strings")
        text = " ".join(tokens) if text is None and tokens is not None else text
        if not isinstance(text, str):
            raise ValueError(f'text is {str(text)[:40]}, expected a string, or "tokens"')
        self.text = text
        self._letters = [number for number, character in enumerate(self.text) if not character.isspace()]
        characters = list(accumulate((not character.isspace() for character in self.text), initial=0))
        bare, unit = characters, "characters"
        if tokens is not None:
            bare, unit = list(accumulate((len("".join(token.split())) for token in tokens), initial=0)), "tokens"
        self._is_cut_right = bare[-1] == len(self._letters)
        self._ways = (("start_char", "end_char", characters, "characters"), ("start", "end", bare, unit))

    def find(self, item: Mapping[str, Any]) -> tuple[Place | None, list[str]]:
        """The place of a mention by its offsets in characters, else by its bare ones; and why some cannot be used."""
        reasons = []
        for first, last, before, unit in self._ways:
            start, end = item.get(first), item.get(last)
            if start is None and end is None:
                continue
            if first == "start" and not self._is_cut_right:
                reasons.append(f"{first} {start!r}, {last} {end!r}: the tokens are not those of the text")
            elif not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end < len(before)):
                expected = f"expected 0 <= {first} < {last} <= {len(before) - 1} {unit}"
                reasons.append(f"{first} {start!r}, {last} {end!r}, {expected}")
            elif before[start] == before[end]:
                reasons.append(f"{first} {start}, {last} {end}, expected more than blanks there")
            else:
                return (before[start], before[end]), reasons
        return None, reasons or ["expected start_char and end_char, or start and end"]

    def text_at(self, place: Place | None) -> str:
        """The text at a place."""
        return "" if place is None else self.text[self._letters[place[0]] : self._letters[place[1] - 1] + 1]
