"""Without a picture, and with another post's."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ner.evaluation.picture_swaps import has_picture, with_wrong_pictures, without_picture
from ner.taggers import KnownName, TaggerInput

NAMES = st.lists(st.sampled_from("abcdefgh"), max_size=12)


def post(number: int, picture: str | None) -> TaggerInput:
    known = KnownName(0, 1, (("LOC", 1.0),))
    alone = TaggerInput((f"word{number}",), known_names=(known,))
    if picture is None:
        return alone
    alone = replace(alone, known_names=(replace(known, nearness=0.5),))
    regions = np.full((49, 2), ord(picture), dtype=np.float32)
    facts = ((picture, "is a", "letter"),)
    return replace(alone, attributes=((picture, 0.5),), caption=picture, knowledge=facts, regions=regions)


@given(NAMES, st.integers(0, 3))
def test_no_post_keeps_its_picture(names, seed):
    posts = [post(number, name) for number, name in enumerate(names)]
    swapped = with_wrong_pictures(posts, names, seed=seed)
    for name, before, after in zip(names, posts, swapped, strict=True):
        assert after.caption != name
        assert (after.tokens, after.known_names) == (before.tokens, post(0, None).known_names)
        if has_picture(after):
            assert after.attributes[0][0] == after.knowledge[0][0] == chr(int(after.regions[0, 0])) == after.caption
    commonest = max((names.count(name) for name in names), default=0)
    if 2 * commonest <= len(names):
        assert sorted(item.caption for item in swapped) == sorted(names)


def test_a_post_without_a_picture_stays_without_and_lends_none():
    posts = [post(0, "a"), post(1, None), post(2, "b"), post(3, "c")]
    swapped = with_wrong_pictures(posts, ["a", None, "b", "c"], seed=1)
    assert swapped[1] == posts[1]
    assert all(has_picture(item) for item in swapped[:1] + swapped[2:])


def test_the_seed_decides():
    posts = [post(number, chr(97 + number)) for number in range(20)]
    names = [chr(97 + number) for number in range(20)]
    drawn = [[item.caption for item in with_wrong_pictures(posts, names, seed=seed)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_unnamed_pictures_are_all_different():
    swapped = with_wrong_pictures([post(0, "a"), post(1, "b")], [None, None])
    assert [item.caption for item in swapped] == ["b", "a"]


def test_the_text_alone():
    assert without_picture(post(1, "a")) == post(1, None)
    assert not has_picture(post(1, None))
    near = TaggerInput(("word",), known_names=(KnownName(0, 1, (("LOC", 1.0),), nearness=1.0),))
    assert has_picture(near) and not has_picture(without_picture(near))
