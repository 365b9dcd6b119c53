# SPDX-License-Identifier: GPL-2.0-or-later
"""Scores of mutants as data frames."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from stored_run import BUILD

import assay

COLUMNS = ["id", "file", "line", "function", "operator", "fate", "killer", "claim", "trials", "why", "diff"]


@pytest.fixture
def score(tmp_path: Path) -> Path:
    made = subprocess.run([str(BUILD / "tests/browser/sample-mutants"), "json"], check=True, stdout=subprocess.PIPE)
    path = tmp_path / "score.json"
    path.write_bytes(made.stdout)
    return path


def test_a_row_is_a_mutant(score: Path) -> None:
    frame = assay.mutants(score)
    whole = json.loads(score.read_text(encoding="utf-8"))
    assert list(frame.columns) == COLUMNS
    assert list(frame["id"]) == [one["id"] for one in whole["mutants"]]
    assert frame["line"].dtype == frame["trials"].dtype == "int64"
    counts = {fate: count for fate, count in whole["score"].items() if fate not in ("percent", "killers") and count}
    assert dict(frame["fate"].value_counts()) == counts
    assert (frame["killer"].notna() == (frame["fate"] == "killed")).all()
    assert frame["diff"].str.startswith("--- a/mm/rmap.c\n+++ b/mm/rmap.c\n").all()
    assert frame.equals(assay.mutants(score.parent)), "its folder will do"
    assert frame.equals(assay.mutants(str(score.parent)))


def test_a_score_without_mutants_has_the_columns(score: Path) -> None:
    score.write_text('{"schema": 1, "mutants": []}', encoding="utf-8")
    assert list(assay.mutants(score).columns) == COLUMNS


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is no JSON"),
        ("[]", "it has schema None, and this Assay reads 1"),
        ('{"schema": 2, "mutants": []}', "it has schema 2, and this Assay reads 1"),
        ('{"schema": 1}', "a mutant is not as it should be: 'mutants'"),
        ('{"schema": 1, "mutants": [{"id": "x"}]}', "a mutant is not as it should be: 'file'"),
        ('{"schema": 1, "mutants": 3}', "a mutant is not as it should be"),
    ],
)
def test_what_is_no_score_is_told(score: Path, text: str, why: str) -> None:
    score.write_text(text, encoding="utf-8")
    with pytest.raises(assay.UsageError) as raised:
        assay.mutants(score)
    assert f"cannot read the score {score}: {why}" in str(raised.value)


def test_a_score_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(assay.UsageError, match="there is no such file; assay mutate writes it"):
        assay.mutants(tmp_path)
