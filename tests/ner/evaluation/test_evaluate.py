"""A tagger against a file."""

from ner.evaluation.evaluate import evaluate_tagger, tag_in_steps
from ner.evaluation.scores import Score
from ner.taggers import TaggerInput, TaggerOutput


class EchoTagger:
    """Finds a place in the first word of a post whose caption says so."""

    name = "echo"
    needs_regions = False

    def tag(self, posts):
        return [TaggerOutput(("B-LOC" if p.caption else "O", *["O"] * (len(p.tokens) - 1)), ()) for p in posts]


def test_a_file_is_tagged_with_its_captions(tmp_path):
    path, captions = tmp_path / "posts.txt", tmp_path / "captions.tsv"
    path.write_text("IMGID:1\nChad\tB-LOC\nis\tO\n\nIMGID:2\nParis\tB-LOC\n", encoding="utf-8")
    captions.write_text("1\ta flag\n", encoding="utf-8")
    heard = []
    alone = evaluate_tagger(EchoTagger(), path)
    found = evaluate_tagger(EchoTagger(), path, captions=captions, progress=lambda *a: heard.append(a))
    assert (alone.f1, found.lenient.by_type["LOC"], found.posts, found.tokens) == (0.0, Score(2, 1, 1), 2, 3)
    assert heard == [("evaluate", 2, 2)]


def test_many_posts_go_in_steps_and_stay_in_order():
    inputs = [TaggerInput(("a",) * (1 + number % 3), caption="x" * (number % 2)) for number in range(150)]
    heard = []
    outputs = tag_in_steps(EchoTagger(), inputs, what="tag", progress=lambda *a: heard.append(a))
    assert [len(output.tags) for output in outputs] == [len(post.tokens) for post in inputs]
    assert [output.tags[0] == "B-LOC" for output in outputs] == [bool(post.caption) for post in inputs]
    assert heard == [("tag", 64, 150), ("tag", 128, 150), ("tag", 150, 150)]
