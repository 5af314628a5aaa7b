"""The benchmark for a GPU also runs small on a CPU: it finds what it looks for, and prints every figure."""

import re

import pytest

from benchmarks.gpu_index import main


def test_it_runs_small_on_a_cpu(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--rows", "3000", "--width", "32", "--batches", "1", "70", "--device", "cpu", "--rounds", "1"]
    main([*options, "--matrix", "32", "--pictures", "1", "--encoders", "efficientnet-lite0"])
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"limits: [\d,]+ GB/s, [\d,.]+ TFLOP/s", lines[1])
    assert lines[2].startswith("3,000 x 32 opened in")
    for line, batch in zip(lines[3:5], (1, 70), strict=True):
        assert re.fullmatch(rf"batch {batch}: .* ms, .* posts/s, .* of the limit \(.*; >= 0.6\), 0 missed", line)
    assert re.fullmatch(r"efficientnet-lite0: .* pictures/s in float32, .* in bfloat16 \(.* x\)", lines[5])
