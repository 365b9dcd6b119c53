# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scanner reads out of scripts and Python: each name once it matters, and no word that is only an argument."""

from __future__ import annotations

import json

import pytest
from package_owners import first_alternatives
from package_uses import uses_of_python, uses_of_script


def in_script(text: str) -> list[str]:
    return [use.name for use in uses_of_script(text, "x")]


def in_python(text: str, where: str = "x.py") -> set[str]:
    return {use.name for use in uses_of_python(text, where, {"ours"})}


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("a b | c d && e || ! f; g & h", "a c e f g h"),
        ("if a; then b; elif c; then d; else e; fi", "a b c d e"),
        ("for x in a b; do c; done <d >e 2>&1 | f", "c f"),
        ("while read -r x; do a; done < <(b c)", "b a"),
        ('x="$(a "$(b)")" y=$((1 + c)) d "e $(f)"', "b a f d"),
        ("case $x in\n  a | b) c ;; # d\n  *) e ;;\nesac\nf", "c e f"),
        ("[[ $(a) =~ (b|c) && -n d ]] && e", "a e"),
        ("if ((a > b)); then c; fi; ((d)) && e", "c e"),
        ("x=(a b # c d\n  $(e)) f", "e f"),
        ("f() {\n  a\n}\nf b", "a"),
        ("a <<END b\nc d\nEND\ne", "a e"),
        ("'a' \"b\" 'c; d' # e", "a"),
        ("exec a b; env -i X=1 b c; sudo d; command -v e; timeout 5 f", "a env b sudo d e timeout f"),
        ("CC='a b' CXX=c d; local -x X=/usr/bin/e", "a b c d /usr/bin/e"),
        ("$x y; ${x}y z; ./own; path/own; /usr/bin/a", "/usr/bin/a /usr/bin/a"),
        ("/usr/bin/python3 -B -m a b; a\\\n  b", "/usr/bin/python3 /usr/bin/python3 a a"),
        ("/usr/bin/python3 - <<'PYTHON'\nimport a, json\nPYTHON", "/usr/bin/python3 /usr/bin/python3 a"),
        ("yes '' | { a; b; } && (c; d)", "yes a b c d"),
    ],
)
def test_command_words(script: str, names: str) -> None:
    assert sorted(in_script(script)) == sorted(names.split())


def test_lines_are_those_of_the_script() -> None:
    text = "a <<END\nx\ny\nEND\nb \"$(\n  c\n)\"\n\nd\n"
    assert [use.where for use in uses_of_script(text, "x")] == ["x:1", "x:6", "x:7", "x:9"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import a.b, json\nfrom c.d import e\nfrom . import f\nimport ours", "a c"),
        ("if x:\n    import a", "a"),
        ("subprocess.run(['a', 'b'])\nprint(['c'])", "a"),
        ("T = 'a' if x else 'b'\nsubprocess.check_output([T, 'c'])", "a b"),
        ("def words():\n    return ['a', 'b']\nsubprocess.Popen(words() + ['c'])", "a"),
        ("class A:\n    def f(self):\n        self.order = ['a']\n        subprocess.Popen(self.order)", "a"),
        ("def f(words):\n    subprocess.run([*words, 'c'])\nf(['a', 'b'])\ng(['d'])", "a"),
        ("from subprocess import run\nrun(['a'])\nos.execvp('b', x)", "a b"),
        ("subprocess.run('a | b --c', shell=True)", "a b"),
        ("subprocess.run(['/usr/bin/python3', '-m', 'a.b'])", "/usr/bin/python3 a"),
        ("subprocess.run([sys.executable, '-m', 'a.b'])", "a"),
        ("x = '/usr/bin/a'\ny = f'/usr/bin/b-{x}'\nz = '/usr/bin'\nshutil.which('c')", "/usr/bin/a c"),
        ("import pandas\nx.style", "pandas jinja2"),
        ("import pandas\nfrom matplotlib import pyplot\npyplot.style", "pandas matplotlib"),
        ("import numpy\nx.style", "numpy"),
        ("from nbclient import x\nclient.execute()", "nbclient ipykernel"),
    ],
)
def test_imports_and_programs_of_python(source: str, names: str) -> None:
    assert in_python(source) == set(names.split())


def test_notebooks_are_read_without_their_magic() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["import no"]},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import a\n", "a.b()"]},
    ]
    assert in_python(json.dumps({"cells": cells}), "x.ipynb") == {"a"}


def test_dependencies_are_those_of_a_fresh_machine() -> None:
    providers = {"virtual": {"real"}, "awk": {"mawk", "gawk"}}
    wishes = "a (>= 1), b | c, python3:any, virtual, awk"
    assert first_alternatives(wishes, providers) == {"a", "b", "python3", "real", "awk"}
