"""Results in the form of the tweet datasets: an ``IMGID:`` line, a token and its tag a line, a blank line."""

import re
from typing import Any

_BREAKS = re.compile(r"[\t\r\n]+")


def to_conll(record: dict[str, Any]) -> str:
    """One result; a tab or line break inside an id or a token becomes a blank, which is all that the form can say."""
    rows = (f"{_BREAKS.sub(' ', token)}\t{tag}\n" for token, tag in zip(record["tokens"], record["tags"], strict=True))
    return f"IMGID:{_BREAKS.sub(' ', str(record['id']))}\n{''.join(rows)}\n"
