"""Offsets: where the tokens of a post stand among the characters of its text."""

from collections.abc import Sequence
from functools import lru_cache

Places = tuple[tuple[int, int], ...]
"""The first character of each token, and the one after its last."""


@lru_cache(maxsize=1)
def place_tokens(text: str, tokens: tuple[str, ...]) -> tuple[str, Places]:
    """Find the tokens of a text in it; asked once more for the same post, it knows.

    Args:
        text: The text.
        tokens: Its tokens, in order.

    Returns:
        The text and the places of the tokens. Where they are not the tokens of the text, with nothing but blanks
        between them, the text is that of the tokens, joined by blanks.
    """
    from ner import tokens_from_list

    places, at = [], 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            break
        at = start + len(token)
        places.append((start, at))
    else:
        if not text[at:].strip() and (text or not tokens):
            return text, tuple(places)
    return " ".join(tokens), tuple((token.start, token.end) for token in tokens_from_list(tokens))


def join_tokens(tokens: Sequence[str]) -> str:
    """Tokens as one text: between blanks, but for letters of scripts that have none between words (``北``, ``京``)."""
    joined = " ".join(tokens)
    if joined.isascii():
        return joined
    from ner import is_unspaced

    parts: list[str] = []
    for token in tokens:
        is_joined = parts and token and is_unspaced(token[0]) and parts[-1] and is_unspaced(parts[-1][-1])
        parts += [token] if is_joined or not parts else [" ", token]
    return "".join(parts)
