"""Offsets: where the tokens of a post stand among the characters of its text."""

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
