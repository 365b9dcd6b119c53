# SPDX-License-Identifier: GPL-2.0-or-later
"""Each experiment's notebook, executed on a small stored run; and without any run."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.client import NotebookClient
from stored_run import ENVIRONMENT, ROOT, store_run

NOTEBOOKS = sorted(ROOT.glob("experiments/*/notebook.ipynb"))
ALL = [*NOTEBOOKS, ROOT / "experiments/tour.ipynb"]
names = [path.parent.name for path in NOTEBOOKS]


def executed(path: Path, results: Path) -> Any:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    client.execute(env={**ENVIRONMENT, "ASSAY_RESULTS": str(results)})
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    return [
        str(output.data[kind])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if kind in output.get("data", {})
    ]


def claims_of(notebook: Any) -> list[str]:
    """Those that its plots name."""
    sources = "".join(cell.source for cell in notebook.cells if "plot_claims" in cell.source)
    return [line.strip().strip('",') for line in sources.splitlines() if line.startswith('        "')]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_run(tmp_path_factory.mktemp("stored") / "results", samples=8000)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_notebook_shows_the_latest_run(path: Path, stored: Path) -> None:
    claims = claims_of(nbformat.read(path, as_version=4))  # type: ignore[no-untyped-call]
    with sqlite3.connect(stored / "assay.sqlite") as database:
        database.execute("UPDATE run SET experiment = ?", [path.parent.name])
        for number, claim in enumerate(claims, 1):
            database.execute("UPDATE verdict SET claim = ? WHERE id = ?", [claim, number])
    notebook = executed(path, stored)
    tables = "".join(outputs(notebook, "text/html"))
    assert "20261121-051502-sample-0001" in tables and all(claim in tables for claim in claims[:5])
    assert outputs(notebook, "image/png"), "no plot was drawn"
    assert "<img" not in tables and "&lt;img src=x" in tables, "what a run says is text"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_notebook_says_what_to_run_when_there_is_none(path: Path, tmp_path: Path) -> None:
    notebook = executed(path, tmp_path)
    (text,) = outputs(notebook, "text/markdown")
    assert f"assay run {path.parent.name}" in text


def test_every_experiment_has_a_notebook() -> None:
    experiments = sorted(path.parent.name for path in ROOT.glob("experiments/*/experiment.toml"))
    assert names == experiments


@pytest.mark.parametrize("path", ALL, ids=[path.parent.name for path in ALL])
def test_notebook_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    experiment = path.parent / "experiment.toml"
    text = experiment.read_text(encoding="utf-8") if experiment.exists() else ""
    assert [claim for claim in claims_of(notebook) if f'id = "{claim}"' not in text] == []


def test_many_variants_look_otherwise() -> None:
    from assay import notebook as nb

    names = [f"v{place}" for place in range(24)]
    assert len({(nb._colour(name, names), nb._dash(name, names)) for name in names}) == 24
    assert len({(nb._colour(name, names), nb._mark(name, names), nb._is_hollow(name, names)) for name in names}) == 24


def test_metric_is_drawn(stored: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import assay
    from assay import notebook as nb

    run = assay.open(stored).run()
    nb.plot_metric(run, "retries", "write")
    assert "Figure" in capsys.readouterr().out
    nb.plot_metric(run, "nothing")
    assert "Markdown" in capsys.readouterr().out
    table = nb.claims_table(run)
    assert len(table) == len(run.verdicts) and re.fullmatch(r"before [0-9.]+ \(\d\), after [0-9.]+ \(4\)", table["median (trials)"][0])
