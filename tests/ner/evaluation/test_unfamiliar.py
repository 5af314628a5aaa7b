"""A few lines where posts are of another script, another language, or without some type."""

from ner import TaggedPost
from ner.evaluation.unfamiliar import unfamiliar

ENCODER = "all-MiniLM-L6-v2"
ENGLISH = "the best of the day was when we all went to the park and Chad was there with his dog"
GERMAN = "heute war der beste Tag weil wir alle im Park waren und Chad mit seinem Hund auch da gewesen ist"
RUSSIAN = "сегодня был лучший день потому что мы все были в парке и Chad тоже там был"
TYPES = ("PER", "LOC")


def posts(text: str, tag: str = "B-PER", count: int = 100) -> list[TaggedPost]:
    words = tuple(text.split())
    tags = tuple(tag if word == "Chad" else "O" for word in words)
    return [TaggedPost(str(number), words, tags) for number in range(count)]


def test_english_is_as_usual() -> None:
    for tag in ("B-PER", "I-PER"):
        assert unfamiliar(posts(ENGLISH, tag), ENCODER, ("PER",)) == []


def test_another_language_or_script_is_said_where_the_tagger_reads_english() -> None:
    [line] = unfamiliar(posts(GERMAN), ENCODER, ("PER",))
    assert line.startswith("only ")
    assert f"{ENCODER} is made of English" in line
    [line] = unfamiliar(posts(RUSSIAN), "glove-6b-50d", ("PER",))
    assert "of the letters are not Latin, most of them Cyrillic: glove-6b-50d is made of English" in line
    assert unfamiliar(posts(RUSSIAN), "xlm-roberta-base", ("PER",)) == []


def test_a_type_that_no_post_has_is_said_where_there_are_posts_enough() -> None:
    assert unfamiliar(posts(ENGLISH), ENCODER, TYPES) == ["no post has LOC, which the tagger tells apart"]
    assert unfamiliar(posts(ENGLISH, count=9), ENCODER, TYPES) == []
