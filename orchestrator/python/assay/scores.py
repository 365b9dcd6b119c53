# SPDX-License-Identifier: GPL-2.0-or-later
"""What `assay mutate` found: which mutants of a patch an experiment notices."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from . import _native

if TYPE_CHECKING:
    import pandas  # type: ignore[import]

SCORE = "score.json"
SCHEMA = 1
COLUMNS = ("id", "file", "line", "function", "operator", "fate", "killer", "claim", "trials", "why", "diff")


def mutants(path: str | os.PathLike[str]) -> pandas.DataFrame:
    """A row for each mutant of a score: id, file, line, function, operator ("condition negated"), fate ("killed",
    "survived", "does not compile", "same code", "waiting"), killer ("claim refuted", ...; None: nobody noticed it), claim
    ("" where none speaks of it), trials, why, diff. `path`: a score.json, or its folder below results/mutants.
    UsageError: there is no score, or it is another version's; InfrastructureError: it cannot be read."""
    import pandas

    place = Path(path)
    place = place / SCORE if place.is_dir() else place
    try:
        score = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _native.UsageError(f"cannot read the score {place}: there is no such file; assay mutate writes it") from None
    except OSError as error:
        raise _native.InfrastructureError(f"cannot read the score {place}: {error.strerror}") from None
    except ValueError as error:
        raise _native.UsageError(f"cannot read the score {place}: it is no JSON: {error}") from None
    schema = score.get("schema") if isinstance(score, dict) else None
    if schema != SCHEMA:
        raise _native.UsageError(f"cannot read the score {place}: it has schema {schema}, and this Assay reads {SCHEMA}")
    try:
        rows = [[one[column] for column in COLUMNS] for one in score["mutants"]]
    except (KeyError, TypeError) as error:
        raise _native.UsageError(f"cannot read the score {place}: a mutant is not as it should be: {error}") from None
    return pandas.DataFrame(rows, columns=list(COLUMNS))
