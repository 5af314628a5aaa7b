"""Mentions as people type them: real titles, each spoilt in one way.

| kind | `Kobe Bryant` becomes |
|---|---|
| typos | `Kobe Byrant`, `Kbe Briant`: one edit or two |
| case | `kobe bryant`, `KOBE BRYANT`, `kObE bRyAnT` |
| hashtag | `#KobeBryant` |
| elongation | `Kobe Bryanttttt` |
| blanks | `KobeBryant`, `Ko be Bryant` |
| diacritics | `Kóbë Bryànt` (the package's titles have none, so they are added) |
| order | `Bryant Kobe` |
| part | `Kobe`, `Bryant` |
| additions | `Kobe Bryant's`, `the Kobe Bryant`, `Bryants` |
"""

import random
import unicodedata
from collections.abc import Callable, Sequence

_MARKS = {"a": "\u0301", "e": "\u0308", "i": "\u0301", "o": "\u0302", "u": "\u0308", "n": "\u0303", "c": "\u0327"}
_TYPED = "abcdefghijklmnopqrstuvwxyz"


def typos(title: str, chance: random.Random) -> str:
    """Make one edit; in a name of ten letters and more, two as often."""
    for _ in range(1 + (len(title) >= 11 and chance.random() < 0.5)):
        place = chance.randrange(len(title))
        letter = chance.choice(_TYPED)
        title = chance.choice(
            [
                title[:place] + title[place + 1 :],
                title[:place] + letter + title[place:],
                title[:place] + letter + title[place + 1 :],
                title[:place] + title[place + 1 : place + 2] + title[place : place + 1] + title[place + 2 :],
            ]
        )
    return title


def case(title: str, chance: random.Random) -> str:
    """Change the case of some letters."""
    mixed = "".join(letter.upper() if chance.random() < 0.5 else letter.lower() for letter in title)
    return chance.choice([title.lower(), title.upper(), title.swapcase(), mixed])


def hashtag(title: str, _: random.Random) -> str:
    """Join the words."""
    return "#" + "".join(word[:1].upper() + word[1:] for word in title.split())


def elongation(title: str, chance: random.Random) -> str:
    """Repeat a letter, mostly the last."""
    place = len(title) - 1 if chance.random() < 0.7 else chance.randrange(len(title))
    return title[:place] + title[place] * chance.randint(3, 6) + title[place + 1 :]


def blanks(title: str, chance: random.Random) -> str:
    """Leave a blank out, or put one in."""
    if " " in title and chance.random() < 0.5:
        return title.replace(" ", "", 1)
    place = chance.randrange(1, len(title))
    return f"{title[:place]} {title[place:]}"


def diacritics(title: str, chance: random.Random) -> str:
    """Put marks on letters that can have one."""
    marked = [letter + (_MARKS.get(letter, "") if chance.random() < 0.7 else "") for letter in title]
    return unicodedata.normalize("NFC", "".join(marked))


def order(title: str, chance: random.Random) -> str:
    """Shuffle the words."""
    words = title.split()
    chance.shuffle(words)
    return " ".join(words) if words != title.split() else " ".join(reversed(words))


def part(title: str, chance: random.Random) -> str:
    """Keep some words that stand side by side."""
    words = title.split()
    count = chance.randrange(1, max(2, len(words)))
    start = chance.randrange(len(words) - count + 1)
    return " ".join(words[start : start + count])


def additions(title: str, chance: random.Random) -> str:
    """Add what does not belong to the name, to all of it or to its last word."""
    last = title.split()[-1]
    return chance.choice([f"{title}'s", f"the {title}", f"{last}'s", f"the {last}", f"{last}s"])


NOISES: tuple[Callable[[str, random.Random], str], ...] = (
    typos,
    case,
    hashtag,
    elongation,
    blanks,
    diacritics,
    order,
    part,
    additions,
)


def noisy_mentions(titles: Sequence[str], count: int, seed: int) -> list[tuple[str, str]]:
    """Return the kind of noise and the mention of so many titles, drawn at random; all kinds are as frequent."""
    chance = random.Random(seed)
    mentions = []
    while len(mentions) < count:
        title, noise = chance.choice(titles), NOISES[len(mentions) % len(NOISES)]
        if len(title) < 3 or (noise in (order, part) and " " not in title):
            continue
        mentions.append((noise.__name__, noise(title, chance)))
    return mentions
