"""Tokens keep their place in the text, whatever the text."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ner.plain_letters import plain_letters
from ner.tokens import Token, tokenize, tokens_from_list

tweet_like = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(
            (
                *(
                    "#LosAngelesLakers",
                    "@NASA",
                    "http://t.co/Z3neVBQ7vF",
                    ":-)",
                    "&amp;",
                    "&",
                    "AT&T",
                    "!!!!!!",
                    "👩‍👩‍👧",
                ),
                *("𝐉𝐚𝐤", "Ⓒⓗⓐⓓ", "C\u0336h\u0336", "a\u200bb", "北京iPhone", "กรุงเทพ", "e\u0301", "\ufe0f"),
                *("don't", "...", ". . .", "مرحبا", "\x00", "\u200b", "&#128514;", "____", "<3", "1,000.5", "🇹🇩"),
            )
        ),
    ),
    max_size=12,
).map(" ".join)


@settings(deadline=None)
@given(st.one_of(st.text(), tweet_like))
def test_a_token_is_what_stands_at_its_offsets(text):
    tokens = tokenize(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(before.end <= after.start for before, after in pairwise(tokens))


@settings(deadline=None)
@given(st.one_of(st.text(), tweet_like))
def test_no_character_but_white_space_is_lost(text):
    assert "".join(token.text for token in tokenize(text)) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n ", []),
        ("Chad looks great", ["Chad", "looks", "great"]),
        ("RT @foo: #LosAngelesLakers!", ["RT", "@foo", ":", "#LosAngelesLakers", "!"]),
        ("see http://t.co/ab now :-)", ["see", "http://t.co/ab", "now", ":-)"]),
        ("AT&T &amp; me &lol", ["AT&T", "&amp;", "me", "&", "lol"]),
        ("AT&amp;T, H&amp;M &amp;M", ["AT&amp;T", ",", "H&amp;M", "&amp;", "M"]),
        ("Texas A&M, $TSLA $5", ["Texas", "A&M", ",", "$TSLA", "$", "5"]),
        ("wow!!!!!!!!", ["wow", "!!!!!!!!"]),
        ("I don't, CHAD'S", ["I", "don", "'t", ",", "CHAD", "'S"]),
        ("Chad's, Kobe’s @kobe's", ["Chad", "'s", ",", "Kobe", "’s", "@kobe", "'s"]),
        ("#NBA's O'Neal's women's", ["#NBA", "'s", "O'Neal", "'s", "women", "'s"]),
        ("rock'n'roll Lakers' '90s", ["rock'n'roll", "Lakers", "'", "'", "90s"]),
        ("MH370 Blink-182 F-16s Jay-Z", ["MH370", "Blink-182", "F-16s", "Jay-Z"]),
        ("3-1 at 3:30pm, 76ers", ["3-1", "at", "3:30pm", ",", "76ers"]),
        ("the U.S. and U.S.A! J.K.Rowling", ["the", "U.S.", "and", "U.S.A", "!", "J.K.", "Rowling"]),
        ("A.J.'s", ["A.J.", "'s"]),
        ("L’Oréal O'Neal’s Jay\u2011Z", ["L’Oréal", "O'Neal", "’s", "Jay\u2011Z"]),
        ("I ❤️NY, Messi⚽️goal 1️⃣", ["I", "❤️", "NY", ",", "Messi", "⚽️", "goal", "1️⃣"]),
        ("http://t.co/it's www.u.s.com", ["http://t.co/it's", "www.u.s.com"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("😩😍", ["😩", "😍"]),
        ("𝐉𝐚𝐤𝐚𝐫𝐭𝐚 𝐡𝐞𝐫𝐞! #𝐆𝐫𝐚𝐜𝐞𝐇𝐨𝐩𝐩𝐞𝐫", ["𝐉𝐚𝐤𝐚𝐫𝐭𝐚", "𝐡𝐞𝐫𝐞", "!", "#𝐆𝐫𝐚𝐜𝐞𝐇𝐨𝐩𝐩𝐞𝐫"]),
        ("Ⓒⓗⓐⓓ's Ｃｈａｄ！ 🅲🅷🅰🅳", ["Ⓒⓗⓐⓓ", "'s", "Ｃｈａｄ", "！", "🅲🅷🅰🅳"]),
        ("\u200bJa\u200bkarta\u200b! C\u0336h\u0336ad", ["\u200bJa\u200bkarta\u200b", "!", "C\u0336h\u0336ad"]),
        ("Beyonce\u0301 می\u200cخواهم", ["Beyonce\u0301", "می\u200cخواهم"]),
        ("我爱北京iPhone。#北京冬奥 @東京", ["我", "爱", "北", "京", "iPhone", "。", "#北京冬奥", "@東京"]),
        ("กรุงเทพ", ["ก", "รุ", "ง", "เ", "ท", "พ"]),
    ],
)
def test_tokens_of_tweets(text, words):
    assert [token.text for token in tokenize(text)] == words


def test_ten_thousand_tokens():
    assert len(tokenize("word " * 10_000)) == 10_000


def test_a_very_long_word_ends():
    assert "".join(token.text for token in tokenize("1" * 50_000)) == "1" * 50_000


def test_given_tokens_stay_as_they_are():
    words = ["a b", "", "c"]
    tokens = tokens_from_list(words)
    assert tokens == (Token("a b", 0, 3), Token("", 4, 4), Token("c", 5, 6))
    text = " ".join(words)
    assert [text[token.start : token.end] for token in tokens] == words


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        *(("𝐉𝐚𝐤𝐚𝐫𝐭𝐚", "Jakarta"), ("𝕁𝓪𝗸𝖆𝚛𝘁𝙖", "Jakarta"), ("Ｊａｋａｒｔａ", "Jakarta"), ("ᴊᴀᴋᴀʀᴛᴀ", "jakarta")),
        *(("Ⓙⓐⓚⓐⓡⓣⓐ", "Jakarta"), ("🅹🅰🅺", "JAK"), ("🄹🄰🄺", "JAK"), ("J̶a̶k̶", "Jak"), ("ja\u200bkar\u00adta", "jakarta")),
        *(
            ("Jakarta\ufe0f", "Jakarta"),
            ("\ufeffJakarta", "Jakarta"),
            ("Beyonce\u0301", "Beyoncé"),
            ("٣ 京 ñ", "٣ 京 ñ"),
        ),
        *(("❤️", "❤️"), ("👩‍👩‍👧", "👩‍👩‍👧"), ("1️⃣", "1️⃣"), ("🇹🇩", "🇹🇩"), ("\u200b", ""), ("plain", "plain")),
    ],
)
def test_plain_letters(text: str, plain: str) -> None:
    assert plain_letters(text) == plain


@given(st.one_of(st.text(), tweet_like))
def test_plain_letters_stay_plain(text: str) -> None:
    assert plain_letters(plain_letters(text)) == plain_letters(text)
