"""Tagged files as people have them: schemes, types, columns, comments, separators, encodings."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from ner import FormatError, read_posts, spans_from_tags, tags_from_spans, type_table
from ner.spans import Span

Entities = list[list[tuple[str, str]]]

WORDS = [["Tim", "Cook", "left", "Apple"], ["Paris", "is", "fun"]]
TAGS = [["B-PER", "I-PER", "O", "B-ORG"], ["B-LOC", "O", "O"]]
FOUND: Entities = [[("Tim Cook", "PER"), ("Apple", "ORG")], [("Paris", "LOC")]]


def write(path: Path, tags: list[list[str]], line: Callable[[int, str, str], str]) -> Path:
    """A file of the posts of WORDS with these tags."""
    posts = [
        "\n".join(line(n, *row) for n, row in enumerate(zip(*post, strict=True), 1))
        for post in zip(WORDS, tags, strict=True)
    ]
    path.write_text("\n\n".join(posts) + "\n", encoding="utf-8")
    return path


def entities(path: Path, **options: object) -> Entities:
    """The entities of each post of a file."""
    return [
        [(" ".join(post.tokens[span.start : span.end]), span.type) for span in spans_from_tags(post.tags, strict=True)]
        for post in read_posts(path, **options)  # type: ignore[arg-type]
    ]


def words(path: Path) -> list[tuple[str, ...]]:
    return [post.tokens for post in read_posts(path)]


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("B-PER I-PER O B-ORG|B-LOC O O", ""),
        ("I-PER I-PER O I-ORG|I-LOC O O", "IOB1"),
        ("B-PER E-PER O S-ORG|S-LOC O O", "IOBES"),
        ("B-PER L-PER O U-ORG|U-LOC O O", "BILOU"),
        ("B-PER M-PER O W-ORG|W-LOC O O", "BMES"),
        ("PER PER O ORG|LOC O O", "bare types"),
        ("B_PER I_PER O B_ORG|B_LOC O O", ""),
        ("b-per i-per o b-org|b-loc o o", "per as PER"),
        ("s_per e_per o s_org|s_loc o o", "IOBES"),
        ("(PER* *) * (ORG)|(LOC) * *", "brackets"),
        ("B-PER I-PER _ B-ORG|B-LOC _ _", ""),
    ],
)
def test_every_scheme_spells_the_same_entities(tmp_path: Path, tags: str, scheme: str) -> None:
    told: list[str] = []
    path = write(tmp_path / "posts", [post.split() for post in tags.split("|")], lambda n, word, tag: f"{word}\t{tag}")
    expected = FOUND
    if scheme == "IOBES" and tags.startswith("s_"):  # the same letters, but Tim stands alone
        expected = [[("Tim", "PER"), ("Cook", "PER"), ("Apple", "ORG")], [("Paris", "LOC")]]
    assert entities(path, tell=told.append) == expected
    assert len(told) == bool(scheme)
    assert scheme in "".join(told)


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("B-PER E-PER O S-ORG|S-LOC O O", "IOBES"),
        ("PER PER O ORG|LOC O O", "bare types"),
        ("b_per i_PER O b_org|b_loc O O", "BIO"),
    ],
)
def test_json_may_have_any_scheme_too(tmp_path: Path, tags: str, scheme: str) -> None:
    told: list[str] = []
    path = tmp_path / "posts"
    rows = [{"tokens": words, "tags": own.split()} for words, own in zip(WORDS, tags.split("|"), strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert entities(path, tell=told.append) == FOUND
    assert f"2 posts in JSON ({scheme})" in told[0]


def test_types_in_other_cases_are_one_entity(tmp_path: Path) -> None:
    path = write(
        tmp_path / "posts",
        [["B-Per", "I-PER", "O", "b-org"], ["B-loc", "O", "O"]],
        lambda n, word, tag: f"{word}\t{tag}",
    )
    assert entities(path) == FOUND


def test_an_orphan_in_a_file_with_b_after_o_makes_it_no_iob1(tmp_path: Path) -> None:
    path = tmp_path / "posts"
    path.write_text("a\tO\nb\tB-PER\n\nc\tI-PER\n")
    assert [post.tags for post in read_posts(path)] == [("O", "B-PER"), ("I-PER",)]
    path.write_text("a\tO\nb\tI-PER\n\nc\tI-PER\nd\tB-PER\n")
    assert [post.tags for post in read_posts(path)] == [("O", "B-PER"), ("B-PER", "B-PER")]


CONLL2003 = ("-DOCSTART- -X- O O\n\nTim NNP I-NP I-PER\nCook NNP I-NP I-PER\nleft VBD I-VP O\nApple NNP I-NP I-ORG\n\n"
             "-DOCSTART- -X- O O\n\nParis NNP I-NP I-LOC\nis VBZ I-VP O\nfun JJ I-ADJP O\n")  # fmt: skip
CONLL2012 = ("#begin document (a/b/00/b_0000); part 000\n"
             "a/b/00/b_0000 0 0 Tim NNP (TOP(S(NP* - - - - (PERSON* (ARG0* -\n"
             "a/b/00/b_0000 0 1 Cook NNP *) - - - - *) *) -\na/b/00/b_0000 0 2 left VBD (VP* leave 01 1 - * (V*) -\n"
             "a/b/00/b_0000 0 3 Apple NNP (NP*)))) - - - - (ORG) (ARG1*) -\n\n"
             "a/b/00/b_0000 0 0 Paris NNP (TOP(S(NP*) - - - - (GPE) (ARG1*) (0)\n"
             "a/b/00/b_0000 0 1 is VBZ (VP* be 01 1 - * (V*) -\n"
             "a/b/00/b_0000 0 2 fun JJ (ADJP*)))) - - - - * (ARG2*) -\n"
             "\n#end document\n")  # fmt: skip
ONTONOTES = ("Tim NNP B-NP B-PERSON\nCook NNP I-NP I-PERSON\nleft VBD B-VP O\nApple NNP B-NP B-ORG\n\n"
             "Paris NNP B-NP B-GPE\nis VBZ B-VP O\nfun JJ B-ADJP B-DATE\n")  # fmt: skip
WNUT17 = "Tim\tB-person\nCook\tI-person\nleft\tO\nApple\tB-corporation\n\t\nParis\tB-location\nis\tO\nfun\tO\n\n"
MULTICONER = ("# id 1f2e-0001\tdomain=en\nTim _ _ B-PER\nCook _ _ I-PER\nleft _ _ O\nApple _ _ B-CORP\n\n\n"
              "# id 1f2e-0002\tdomain=en\nParis _ _ B-LOC\nis _ _ O\nfun _ _ O\n")  # fmt: skip
MULTICONER2 = (MULTICONER.replace("B-PER", "B-OtherPER").replace("I-PER", "I-OtherPER").replace("CORP", "PublicCorp")
               .replace("B-LOC", "B-HumanSettlement"))  # fmt: skip
CONLLU = ("# newdoc id = 7\n# sent_id = 7-1\n# text = Tim Cook left Apple\n1\tTim\tTim\tPROPN\tB-PER\n"
          "2-3\tCookleft\t_\t_\t_\n2\tCook\tCook\tPROPN\tI-PER\n3\tleft\tleave\tVERB\tO\n3.1\tnow\t_\t_\t_\n"
          "4\tApple\tApple\tPROPN\tB-ORG\n\n# sent_id = 7-2\n1\tParis\tParis\tPROPN\tB-LOC\n2\tis\tbe\tAUX\tO\n"
          "3\tfun\tfun\tADJ\tO\n")  # fmt: skip
GERMEVAL = ("#\thttp://a.example [2009]\n1\tTim\tB-PER\tO\n2\tCook\tI-PER\tO\n3\tleft\tO\tO\n4\tApple\tB-ORG\tB-LOC\n\n"
            "#\thttp://b.example [2010]\n1\tParis\tB-LOC\tO\n2\tis\tO\tO\n3\tfun\tO\tO\n")  # fmt: skip
MOVIES = "B-PER\tTim\nI-PER\tCook\nO\tleft\nB-ORG\tApple\n\nB-LOC\tParis\nO\tis\nO\tfun\n"
FEWNERD = ("Tim\tperson-actor\nCook\tperson-actor\nleft\tO\nApple\torganization-company\n\nParis\tlocation-GPE\n"
           "is\tO\nfun\tO\n")  # fmt: skip


PUBLISHED = (CONLL2003, CONLL2012, ONTONOTES, WNUT17, MULTICONER, MULTICONER2, CONLLU, GERMEVAL, MOVIES, FEWNERD)


@pytest.mark.parametrize("text", PUBLISHED, ids=lambda text: text[:12])
def test_published_files_have_the_entities_of_their_bio_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "posts"
    path.write_text(text)
    assert entities(path) == FOUND
    assert words(path) == list(map(tuple, WORDS))


def test_what_is_mapped_or_left_out_is_said(tmp_path: Path) -> None:
    path, told = tmp_path / "posts", list[str]()
    path.write_text(ONTONOTES)
    read_posts(path, tell=told.append)
    said = "GPE as LOC, PERSON as PER; left out: DATE (1)"
    assert told == [f"{path}: 2 posts in columns of words and tags (BIO); {said}"]
    path.write_text(json.dumps({"tokens": list("abcdef"), "tags": ["I-GPE", "O", "I-PERSON", "I-DATE", "I-DATE", "O"]}))
    read_posts(path, tell=told.append)
    assert told[1] == f"{path}: 1 post in JSON (IOB1); {said}"


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
@pytest.mark.parametrize("header", ["Word|Tag", ""])
@pytest.mark.parametrize("between", ["|", ""])
def test_a_table_is_read_as_columns(tmp_path: Path, separator: str, header: str, between: str) -> None:
    rows = [[f"{word}|{tag}" for word, tag in zip(*post, strict=True)] for post in zip(WORDS, TAGS, strict=True)]
    rows[0].append('",|O')  # a word that a table has in quotes
    text = "\n".join([*([header] if header else []), *rows[0], between, *rows[1]])
    text = text.replace('",|', ",|" if separator == "\t" else '","|').replace("|", separator)
    (tmp_path / "posts").write_text(text, encoding="utf-8-sig", newline="\r\n")
    assert entities(tmp_path / "posts") == FOUND
    assert words(tmp_path / "posts") == [(*WORDS[0], ","), tuple(WORDS[1])]


@pytest.mark.parametrize("line", ["{post},{word},POS,{tag}", "{post}\t{number}\t{word}\t{tag}"])
@pytest.mark.parametrize("again", [True, False])
def test_a_column_may_say_of_which_post_a_word_is(tmp_path: Path, line: str, again: bool) -> None:
    rows = [line.replace("{number}", "Nr").format(post="Sentence #", word="Word", tag="Tag").replace("POS", "Kind")]
    for place, post in enumerate(zip(WORDS, TAGS, strict=True)):
        for number, (word, tag) in enumerate(zip(*post, strict=True)):
            name = f"Sentence: {place}" if again or number == 0 else ""
            rows.append(line.format(post=name, number=number, word=word, tag=tag))
    (tmp_path / "posts").write_text("\n".join(rows))
    assert entities(tmp_path / "posts") == FOUND
    assert [post.id for post in read_posts(tmp_path / "posts")] == ["Sentence: 0", "Sentence: 1"]


def test_a_header_is_no_post_of_a_longer_file(tmp_path: Path) -> None:
    (tmp_path / "posts").write_text("token\tner_tag\n" + "Chad\tB-LOC\nis\tO\n" * 20)
    [post] = read_posts(tmp_path / "posts")
    assert post.tokens == ("Chad", "is") * 20


def test_ids_of_comments_are_those_of_posts(tmp_path: Path) -> None:
    for text, ids in ((MULTICONER, ["1f2e-0001", "1f2e-0002"]), (CONLLU, ["7-1", "7-2"])):
        (tmp_path / "posts").write_text(text)
        assert [post.id for post in read_posts(tmp_path / "posts")] == ids


def test_types_of_ones_own(tmp_path: Path) -> None:
    path, table = tmp_path / "posts", tmp_path / "types.csv"
    path.write_text("Rex\tB-DOG\nsaw\tO\nTim\tB-PER\n")
    with pytest.raises(FormatError, match=r"posts:1: type 'DOG' is unknown: .*--types FILE"):
        read_posts(path)
    for between in ",;\t":
        table.write_text("tag,type\ndog,OTHER\nPER,O\n".replace(",", between))
        assert entities(path, types=type_table(table)) == [[("Rex", "OTHER")]]
    table.write_text("tag,type\ndog,CAT\n")
    with pytest.raises(FormatError, match=r"types\.csv:2: type 'CAT', expected one of PER, LOC, ORG, OTHER, or O"):
        type_table(table)
    for text in ("a,b\n", ""):
        table.write_text(text)
        with pytest.raises(FormatError, match="expected tag,type"):
            type_table(table)


def test_neighbours_whose_types_become_one_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "posts"
    for text in ("a\tB-GPE\nb\tI-FAC\nc\tO\nd\tB-LOC\n", "a\tGPE\nb\tFAC\nc\tO\nd\tLOC\n"):
        path.write_text(text)
        assert entities(path) == [[("a", "LOC"), ("b", "LOC"), ("d", "LOC")]]


@pytest.mark.parametrize(
    "line",
    [
        "{1} {2}", " {1} {2}", "\t{1}\t{2}", "{1}\t{2}\t", "{1}  {2}", "{1}\t{2} ", "{1}\t{2}\r", "{1} NN {2}",
        "{0}\t{1}\t{2}", "{1} \t{2}", "{0} {1} {2}",
    ],
)  # fmt: skip
def test_blanks_tabs_and_number_columns(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "posts", TAGS, lambda n, word, tag: line.format(n, word, tag))
    assert (entities(path), words(path)) == (FOUND, list(map(tuple, WORDS)))


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: b"\xfe\xff" + text.replace("\n", "\r\n").encode("utf-16-be"),
        lambda text: gzip.compress(text.encode()),
        lambda text: bz2.compress(text.encode()),
        lambda text: lzma.compress(text.encode("utf-16")),
        lambda text: zstd.compress(text.encode()),
    ],
    ids=["crlf", "cr", "bom", "utf16", "utf16le", "utf16be", "gz", "bz2", "xz", "zst"],
)
def test_line_ends_encodings_and_compression(tmp_path: Path, encode: Callable[[str], bytes]) -> None:
    path = write(tmp_path / "posts", TAGS, lambda n, word, tag: f"{word}\t{tag}")
    path.write_bytes(encode(path.read_text()))
    assert entities(path) == FOUND


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-DOCSTART- -DOCSTART- O\nJakarta N B-LOC\nhere R O\n", [("Jakarta", "here")]),
        ("a\tO\n-DOCSTART-\tO\nb\tB-PER\n", [("a",), ("b",)]),
        ("# newdoc id = 7\n# text = Chad looks great\nChad\tB-LOC\nlooks\tO\n", [("Chad", "looks")]),
        ("a\tO\n# id = 2\nb\tO\n", [("a",), ("b",)]),
        ("#\tO\nChad\tB-LOC\n\n#GraceHopper\tB-PER\nrocks\tO\n", [("#", "Chad"), ("#GraceHopper", "rocks")]),
        ("# O\nChad B-LOC\n", [("#", "Chad")]),
        ("#LasVegas LOC\nhere O\n", [("#LasVegas", "here")]),
        ("token\tner_tag\nChad\tB-LOC\n", [("Chad",)]),
        ("New York B-LOC\nhere O\nwe O\n", [("New York", "here", "we")]),
        ("IMGID:7\n\nChad\tO\n\nIMGID:8\nIMGID:9\na\tO\n", [("Chad",), (), ("a",)]),
        ("Oscars O\n O\nhere O\n", [("Oscars", "", "here")]),
    ],
)
def test_what_is_a_word_and_what_is_not(tmp_path: Path, text: str, expected: list[tuple[str, ...]]) -> None:
    (tmp_path / "posts").write_text(text)
    assert words(tmp_path / "posts") == expected


def test_a_file_that_was_cut_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "posts", TAGS, lambda n, word, tag: f"{word}\t{tag}")
    path.write_bytes(gzip.compress(path.read_bytes() * 2000)[:-30])
    with pytest.raises(FormatError, match="the file is damaged or was cut"):
        read_posts(path)


spans = st.lists(st.tuples(st.sampled_from(["PER", "LOC", "ORG", "OTHER", None]), st.integers(1, 3)), max_size=6)


@settings(deadline=None, max_examples=60)
@given(st.lists(spans, min_size=1, max_size=3), st.sampled_from(["IOBES", "BILOU"]))
def test_closed_schemes_are_read_as_the_bio_they_were_made_of(
    tmp_path_factory: pytest.TempPathFactory, posts: list[list[tuple[str | None, int]]], scheme: str
) -> None:
    begin, inside, end, single = {"IOBES": "BIES", "BILOU": "BILU"}[scheme]
    tags, expected = [], []
    for post in posts:
        row, places, at = [f"{single}-PER"], [Span(0, 1, "PER")], 1  # so that the scheme can be told
        for kind, length in post:
            letters = [single] if length == 1 else [begin, *[inside] * (length - 2), end]
            row += [f"{letter}-{kind}" if kind else "O" for letter in letters]
            places += [Span(at, at + length, kind)] if kind else []
            at += length
        tags.append(row)
        expected.append(tags_from_spans(places, at))
    path = tmp_path_factory.mktemp("scheme") / "posts"
    path.write_text("\n\n".join("\n".join(f"w\t{tag}" for tag in row) for row in tags))
    assert [post.tags for post in read_posts(path)] == expected
