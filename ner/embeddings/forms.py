"""Under which forms a word of a post is looked up among published words."""

import html
import re

from ner.inputs.shapes import is_address

_STRETCHED = re.compile(r"(.)\1{2,}")
_ADDRESS = "http"


def word_forms(word: str) -> tuple[str, ...]:
    """The forms to look for, the first that is published counts.

    As it is written; in lower case; without the sign of a hashtag or handle, likewise; where a letter is repeated three
    times or more (``sooo``), with two of it and with one; what an HTML entity means (``&amp``). A web address may stand
    for itself, and else is the word "http".
    """
    if is_address(word):
        return tuple(dict.fromkeys((word, _ADDRESS)))
    forms = [word, word.lower()]
    bare = word[1:] if word[:1] in ("#", "@") else ""
    if bare:
        forms += [bare, bare.lower()]
    plain = forms[-1]
    if _STRETCHED.search(plain):
        forms += [_STRETCHED.sub(r"\1\1", plain), _STRETCHED.sub(r"\1", plain)]
    if "&" in word:
        forms.append(html.unescape(word))
    return tuple(dict.fromkeys(form for form in forms if form))
