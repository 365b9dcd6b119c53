# SPDX-License-Identifier: GPL-2.0-or-later
"""The text of ./dev with the parts that it reads, for tests that look into it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

PART = re.compile(r'^\. "\$tools/(dev/\w+\.sh)"$')
TOOLS = "orchestrator/tests/tools"


@lru_cache(maxsize=None)
def dev_lines(top: Path) -> list[tuple[str, str]]:
    """Each line and where it stands; parts stand in place of the lines that read them."""
    found = []
    for number, line in enumerate((top / "dev").read_text(encoding="utf-8").split("\n"), 1):
        part = PART.match(line)
        if part is None:
            found.append((line, f"dev:{number}"))
        else:
            name = f"{TOOLS}/{part[1]}"
            text = (top / name).read_text(encoding="utf-8").rstrip("\n")
            found += [(own, f"{name}:{at}") for at, own in enumerate(text.split("\n"), 1)]
    return found


def dev_text(top: Path) -> str:
    return "\n".join(line for line, _ in dev_lines(top))
