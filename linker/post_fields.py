"""The fields of a post, by whatever names and in whatever places those who publish posts have them."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from linker.post_pictures import PICTURE_ENDINGS, name_in
from ner import formats

POST_FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": formats.POST_FIELDS["id"],
    "text": ("text", "full_text", "tweet", "tweet_text", "content", "message", "sentence"),
    "tokens": formats.POST_FIELDS["tokens"],
    "image": formats.POST_FIELDS["image"],
    "caption": formats.POST_FIELDS["caption"],
    "mentions": ("mentions",),
}
"""The fields of a post, and what they may be called; the first that is there counts."""

_RETWEET = re.compile(r"(RT @\w+: ).*\u2026", re.DOTALL)  # of a text that Twitter cut
_PLACES_OF_MEDIA = (
    *("extended_entities.media", "entities.media"),  # Twitter's first API, and archives
    *("attachments.media", "media_attachments"),  # Twitter's second API, Mastodon's
    *("attachments", "attachment", "files", "embed.images", "media"),  # as others export them
    "attachments.0.data.0.media",  # Facebook's
)
_ADDRESSES_OF_MEDIA = ("media_url_https", "url", "url_private", "fullsize", "uri")
_PICTURES, _VIDEOS = ("image", "photo"), ("video", "audio", "animated_gif")
_FEWEST_WORDS, _MOST_ITEMS = 2, 20  # of what may be a text; of a list that it may stand in


def our_fields(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """What a record has of the fields of a post, each with its name there, which is empty for what is within others.

    Args:
        value: The record.
        names: What fields are called here, in place of `POST_FIELDS`.
    """
    by_name: dict[str, str] = {}
    for name in value:
        by_name.setdefault(str(name).strip().lower(), name)
    found = {}
    for field, usual in POST_FIELDS.items():
        wanted = (names[field].lower(),) if field in names else usual
        present = [by_name[name] for name in wanted if name in by_name]
        # An empty one gives way to the next: {"text": null, "full_text": "..."}
        if present:
            name = next((name for name in present if not is_empty(value[name])), present[0])
            found[field] = name, None if field in ("text", "caption") and is_nan(value[name]) else value[name]
        elif field in names and (within := field_within(value, names[field])) is not None:
            found[field] = "", within
    if "text" not in names and (whole := _whole_text(value, found.get("text", ("", ""))[1])):
        found["text"] = found.get("text", ("", ""))[0], whole
    if "image" not in found and (media := _media(value, by_name)):
        found["image"] = "", media
    return found


def field_within(value: Any, name: str) -> Any:
    """A field by its name in any capitals, or one within others by the way to it: ``record.text``, ``media.0.url``."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value if isinstance(value, list) else ())
    by_name = {str(key).strip().lower(): item for key, item in items}
    first, _, rest = name.lower().partition(".")
    return by_name.get(name.lower()) if name.lower() in by_name or not rest else field_within(by_name.get(first), rest)


def likely_text(value: Mapping[str, Any]) -> str:
    """The name of the field that looks most like a post's text, as `field_within` takes it; empty where none does.

    >>> likely_text({"id": 7, "data": [{"post": "Chad looks great"}]})
    'data.0.post'
    """
    found = [(len(text), name) for name, text in _texts(value) if len(text.split()) >= _FEWEST_WORDS]
    return max(found, default=(0, ""))[1]


def is_empty(value: Any) -> bool:
    """Whether a field has nothing in it."""
    return value is None or value == "" or value == [] or is_nan(value)


def is_nan(value: Any) -> bool:
    """Whether a value is the number that is none, as tables have it in empty cells."""
    return isinstance(value, float) and math.isnan(value)


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """The texts within a value, each by the way to it; of the items of a list, those that only one of them has."""
    if isinstance(value, str) and place:
        yield place[1:], value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{place}.{name}")
    elif isinstance(value, list) and len(value) <= _MOST_ITEMS:
        of_items = [dict(_texts(item, ".")) for item in value]
        counts = Counter(name for texts in of_items for name in texts)
        for number, texts in enumerate(of_items):
            yield from ((f"{place}.{number}{name}"[1:], text) for name, text in texts.items() if counts[name] == 1)


def _whole_text(value: Mapping[str, Any], text: Any) -> str:
    """The whole of a text that Twitter cuts: a long one, or one that is sent on; empty where it is whole."""
    for name in ("extended_tweet.full_text", "note_tweet.text"):
        if isinstance(longer := field_within(value, name), str):
            return longer
    sent_on = value.get("retweeted_status")
    if isinstance(text, str) and isinstance(sent_on, Mapping) and (cut := _RETWEET.fullmatch(text.strip())):
        of_them = sent_on.get("full_text") or sent_on.get("text")
        whole = _whole_text(sent_on, of_them) or of_them
        return cut[1] + whole if isinstance(whole, str) and whole else ""
    return ""


def _media(value: Mapping[str, Any], by_name: Mapping[str, str]) -> Any:
    """Where the first picture is that a post has among its media; what its media are known by where they are apart.

    Args:
        value: The post.
        by_name: What its fields are called, by their names in small letters.
    """
    places = [place for place in _PLACES_OF_MEDIA if by_name.keys() & {place, place.partition(".")[0]}]
    for items in (*(field_within(value, place) for place in places), {"uri": value.get("uri")}):
        found = [item for item in (items if isinstance(items, list) else [items]) if isinstance(item, Mapping)]
        if address := next(filter(None, map(_address, found)), None):
            return address
    keys = field_within(value, "attachments.media_keys")
    return {"media_keys": keys} if keys and field_within(value, "attachments.media") is None else None


def _address(item: Mapping[str, Any]) -> str:
    """The address or path of a picture among media; empty for anything else, such as a video."""
    address = next((str(item[name]) for name in _ADDRESSES_OF_MEDIA if isinstance(item.get(name), str)), "")
    kind = next((str(item[name]) for name in ("mediaType", "mimetype", "type") if item.get(name)), "")
    if kind.startswith(_VIDEOS):
        return ""
    is_picture = "media_url_https" in item or "fullsize" in item or kind.startswith(_PICTURES)
    return address if is_picture or name_in(address).lower().endswith(PICTURE_ENDINGS) else ""
