"""The table of benchmarks.picture_use, from counts that are made up."""

from benchmarks.picture_use import ALONE, OWN, WRONG, table_of

RIGHT, MISSED, WRONG_ONE = [1, 1, 1], [1, 0, 0], [1, 1, 0]


def run(title, seed, own, alone, other):
    return {"title": title, "seed": seed, "minutes": seed, "counts": {OWN: own, ALONE: alone, WRONG: other}}


def rows_of(*runs):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table_of(runs).splitlines()[2:]]


def test_a_tagger_that_needs_its_picture_is_told_from_one_that_never_looks():
    posts = 40
    uses, never = rows_of(
        run("uses", 1, [RIGHT] * posts, [MISSED] * posts, [WRONG_ONE] * posts),
        run("never", 1, *[[RIGHT, WRONG_ONE] * 20] * 3),
    )
    assert uses[:5] == ["uses", "1", "100.00", "0.00", "0.00"]
    assert uses[5] == "+100.00 (+100.0 to +100.0), p = 0.0001"
    assert never[2:6] == ["50.00", "50.00", "50.00", "+0.00 (+0.0 to +0.0), p = 1.0000"]


def test_seeds_are_summed_and_a_run_that_stands_twice_counts_once():
    first = run("both", 1, [RIGHT, RIGHT], [RIGHT, RIGHT], [RIGHT, RIGHT])
    second = run("both", 2, [MISSED, MISSED], [RIGHT, RIGHT], [RIGHT, RIGHT])
    [row] = rows_of(first, second, first)
    assert row[1:4] == ["2", "50.00 ± 70.71", "100.00 ± 0.00"]
    assert row[5].startswith("-33.33")  # two found of four, none of them wrong
    assert row[-1] == "1.5"
