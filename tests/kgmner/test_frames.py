"""A column in, a data frame out: of pandas or polars, joined to what the texts came from."""

from pathlib import Path

import pytest

import kgmner
from linker import MENTION_COLUMNS

TEXTS = ["Chad looks great", None, "I love Jakarta and Chad", "it is monday"]
HTML = "<p>Chad looks great</p>"


def test_pandas_column_in_frame_out(reader: kgmner.Reader, images: Path) -> None:
    pd = pytest.importorskip("pandas")
    pictures = [images / "chad-drummer.jpg", None, float("nan"), None]
    data = pd.DataFrame({"text": TEXTS, "image": pictures, "likes": [1, 2, 3, 4]}, index=["a", "b", "c", "d"])
    frame = reader.frame(data["text"], data["image"])
    assert list(frame.columns) == list(MENTION_COLUMNS)
    assert list(frame.index) == ["a", "c", "c"]
    joined = data.join(frame, how="inner")
    assert list(joined["likes"]) == [1, 3, 3]
    assert list(joined["label"]) == ["Chad Smith", "Jakarta", "Chad"]
    cut = [text[start:end] for text, start, end in zip(joined.text, joined.start_char, joined.end_char, strict=True)]
    assert cut == list(joined["mention"])


def test_polars_column_in_frame_out(reader: kgmner.Reader) -> None:
    pl = pytest.importorskip("polars")
    data = pl.DataFrame({"text": TEXTS}).with_row_index("row")
    frame = reader.frame(data["text"])
    assert frame["row"].to_list() == [0, 2, 2]
    joined = frame.join(data, left_on="row", right_on=pl.col("row").cast(pl.Int64))
    cut = [row["text"][row["start_char"] : row["end_char"]] for row in joined.to_dicts()]
    assert cut == ["Chad", "Jakarta", "Chad"]


def test_a_list_gives_pandas_and_no_mention_an_empty_frame(reader: kgmner.Reader) -> None:
    pd = pytest.importorskip("pandas")
    frame, empty = reader.frame(["hello", HTML]), reader.frame([])
    assert list(frame.index) == [1]
    assert HTML[frame.start_char[1] : frame.end_char[1]] == frame.mention[1] == "Chad"
    assert (len(empty), list(empty.columns)) == (0, list(MENTION_COLUMNS))
    assert [str(kind) for kind in empty.dtypes] == [str(kind) for kind in frame.dtypes]
    assert isinstance(frame, pd.DataFrame)
    nothing = reader.frame(pd.Series(["hello"], index=["a"], dtype="string"))
    assert (list(nothing.index), list(nothing.columns)) == ([], list(MENTION_COLUMNS))
    missing = reader.frame(pd.Series(["Chad", pd.NA], index=["a", "b"], dtype="string"))
    assert list(missing.index) == ["a"]


def test_what_is_no_column_is_refused(reader: kgmner.Reader) -> None:
    pd = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"DataFrame: expected a list of texts or a column such as df\['text'\]"):
        reader.frame(pd.DataFrame({"text": TEXTS}))
    with pytest.raises(ValueError, match="4 texts and 1 images: expected as many"):
        reader.frame(TEXTS, [None])
