"""The tagger on tweets as they were typed: what does it cost that their tokens are ours, and not the annotators'?

    python -m benchmarks.raw_text [NAME_OR_DIR]

The annotated tweets come as tokens, with ``Chad ' s`` for ``Chad's``. Here they are put together to texts again (tokens
with blanks between them, but none around such an apostrophe), and cut into tokens by `ner.tokens.tokenize`. A name is
found if its place in the text and its type are.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks.sample import SHARED
from ner import Tagger, TaggerInput, load_tagger, read_posts, spans_from_tags
from ner.tokens import Token, tokenize, tokens_from_list

_APOSTROPHES = "'’"
_ENDINGS = frozenset({"s", "m", "d", "t", "re", "ve", "ll"})

Places = set[tuple[int, int, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tagger", nargs="?", default="default", help="a tagger's name or folder")
    tagger = load_tagger(parser.parse_args().tagger, device="cpu")
    for year in (2015, 2017):
        posts = read_posts(SHARED / "data" / f"twitter{year}" / "valid.txt")
        given = [tokens_from_list(post.tokens) for post in posts]
        _print(
            f"twitter{year}/valid, the annotators' tokens",
            tagger,
            given,
            [_places(g, p.tags) for g, p in zip(given, posts, strict=True)],
        )
        for apostrophe in _APOSTROPHES:
            typed = [typed_text(post.tokens, apostrophe) for post in posts]
            gold = [_places(tokens, post.tags) for (_, tokens), post in zip(typed, posts, strict=True)]
            _print(
                f"twitter{year}/valid, texts with {apostrophe}s", tagger, [tokenize(text) for text, _ in typed], gold
            )


def typed_text(words: Sequence[str], apostrophe: str) -> tuple[str, list[Token]]:
    """Return the text that words were typed as, and where each of them stands in it."""
    text, tokens = "", []
    for place, word in enumerate(words):
        before, after = words[place - 1 : place], words[place + 1 : place + 2]
        opens = word in _APOSTROPHES and before and before[0][-1:].isalpha() and after and after[0].lower() in _ENDINGS
        closes = word.lower() in _ENDINGS and text.endswith(apostrophe) and text[-2:-1].isalpha()
        text += "" if not text or opens or closes else " "
        tokens.append(Token(word, len(text), len(text) + len(word)))
        text += apostrophe if opens else word
    return text, tokens


def _places(tokens: Sequence[Token], tags: Sequence[str]) -> Places:
    return {(tokens[s.start].start, tokens[s.end - 1].end, s.type) for s in spans_from_tags(tags)}


def _print(name: str, tagger: Tagger, posts: Sequence[Sequence[Token]], gold: Sequence[Places]) -> None:
    outputs = tagger.tag([TaggerInput(tuple(token.text for token in tokens)) for tokens in posts])
    found = [_places(tokens, output.tags) for tokens, output in zip(posts, outputs, strict=True)]
    hits = sum(len(one & other) for one, other in zip(found, gold, strict=True))
    print(f"{name:<45} F1 {2 * hits / (sum(map(len, found)) + sum(map(len, gold))):.4f}", flush=True)


if __name__ == "__main__":
    main()
