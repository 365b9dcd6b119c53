# SPDX-License-Identifier: GPL-2.0-or-later
"""What files of the tree import and start: by the syntax trees of Python, and by the habits of our C++ and scripts."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from program_words import PLACE, words_of

MODULE, PROGRAM, PACKAGE = "module", "program", "package"
FENCE = re.compile(r"^```sh\b[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON_BLOCK = re.compile(r"<<'PYTHON'\n(.*?)\nPYTHON$", re.MULTILINE | re.DOTALL)
#: Modules that the import of another does not show: whose object has an attribute, the attribute, and what it loads.
LAZY = [
    ("pandas", "style", "jinja2"),
    ("pandas", "to_markdown", "tabulate"),
    ("pandas", "to_excel", "openpyxl"),
    ("pandas", "to_parquet", "pyarrow"),
    ("pandas", "plot", "matplotlib"),
    ("nbclient", "execute", "ipykernel"),  # the kernel that a notebook of ours names
]
#: Objects that have such an attribute of their own.
NOT_LAZY = {"matplotlib", "pyplot", "plt"}
STARTERS = {"run", "Popen", "call", "check_call", "check_output", "getoutput", "getstatusoutput"}
OTHER_STARTERS = {"execv", "execvp", "execvpe", "execlp", "spawnvp", "system", "create_subprocess_exec"}
# What stands before a program in a list of arguments in C++.
CPP_WRAPPERS = {"env", "flock"}
CPP_LISTS = re.compile(r"(?:\bargv\s*=|std::vector<std::string>\s+\w+\s*=|\breturn)\s*(\{\s*\"[^;]*);")
CPP_NAMES = re.compile(
    r"(?:find_program\(|\bTool\{|\bexeclp?\(|\bstd::system\(\(*|\bshell\(|\.insert\(\w+\.begin\(\),\s*)\"([\w.+/-]+)"
)
CPP_CHAINED = re.compile(r"\"[^\"\n]*?&& ([a-z][\w.+-]*)")
SOURCE = re.compile(r"^debian = \"([\w.+-]+)\"", re.MULTILINE)
MESON_NAMES = re.compile(r"\bfind_program\('([^']+)'")


@dataclass(frozen=True)
class Use:
    kind: str
    name: str
    where: str


@lru_cache
def builtins_of_bash() -> frozenset[str]:
    listed = subprocess.run(["bash", "-c", "compgen -b -k"], capture_output=True, text=True, check=True)
    return frozenset(listed.stdout.split())


def constants(node: ast.AST, known: dict[str, list[str]]) -> list[str]:
    """The strings that an expression may be: a literal, a name of one, or a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Name):
        return known.get(node.id, [])
    if isinstance(node, ast.IfExp):
        return constants(node.body, known) + constants(node.orelse, known)
    return []


def strings_by_name(tree: ast.AST) -> dict[str, list[str]]:
    known: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    known.setdefault(target.id, []).extend(constants(node.value, {}))
    return known


def started(tree: ast.AST) -> list[ast.expr]:
    """First arguments of calls that start a program."""
    bare = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("subprocess", "os")
        for alias in node.names
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = ast.unparse(node.func)
        owner, _, last = name.rpartition(".")
        if (owner == "subprocess" and last in STARTERS) or last in OTHER_STARTERS or name in bare & STARTERS:
            found.append(node.args[0])
    return found


def names_in(expressions: Iterable[ast.expr]) -> set[str]:
    nodes = [node for expression in expressions for node in ast.walk(expression)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def given_to_helpers(tree: ast.AST) -> list[ast.expr]:
    """What is given to functions here that start what they are given."""
    helpers = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            parameters = {one.arg for one in (*node.args.args, *node.args.kwonlyargs)} - {"self"}
            if parameters & names_in(started(node)):
                helpers.add(node.name)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [
        argument
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in helpers
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
    ]


def argument_lists(tree: ast.AST) -> Iterator[ast.List | ast.Tuple]:
    """Lists that are given to such a call, directly, by a name, or by a function or member that makes them."""
    direct = [*started(tree), *given_to_helpers(tree)]
    names = names_in(direct)
    candidates: list[ast.expr] = list(direct)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and node.value and names & names_in(node.targets):
            candidates.append(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in names:
            candidates += [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
    for candidate in candidates:
        if isinstance(candidate, (ast.List, ast.Tuple)) and candidate.elts:
            yield candidate


def module_option(words: list[str]) -> list[str]:
    """What `python3 -m MODULE` loads."""
    return [after.split(".")[0] for word, after in zip(words, words[1:]) if word == "-m" and after]


def programs_of_python(tree: ast.AST, where: str) -> Iterator[Use]:
    known = strings_by_name(tree)
    yield from programs_named(tree, where, known)
    for node in argument_lists(tree):
        place = f"{where}:{node.lineno}"
        for name in constants(node.elts[0], known):
            if not name.startswith("-"):  # options that are kept to be added to a command
                yield Use(PROGRAM, name, place)
        words = [next(iter(constants(one, {})), "") for one in node.elts]
        if (words[0] or "python").rsplit("/", 1)[-1].startswith("python"):
            for module in module_option(words):
                yield Use(MODULE, module, place)
    for one in started(tree):
        for script in constants(one, {}):  # shell=True
            yield from uses_of_script(script, where, one.lineno - 1)


def programs_named(tree: ast.AST, where: str, known: dict[str, list[str]]) -> Iterator[Use]:
    """Programs by their path, wherever it stands, and those that are looked for."""
    parts = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node not in parts:
            for place in filter(PLACE.match, constants(node, {})):
                yield Use(PROGRAM, place, f"{where}:{node.lineno}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "shutil.which":
            for name in constants(node.args[0], known):
                yield Use(PROGRAM, name, f"{where}:{node.lineno}")


def imports_of_python(tree: ast.AST, where: str) -> Iterator[Use]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Use(MODULE, alias.name.split(".")[0], f"{where}:{node.lineno}")
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield Use(MODULE, node.module.split(".")[0], f"{where}:{node.lineno}")


def lazy_imports(tree: ast.AST, where: str, imported: set[str]) -> Iterator[Use]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or (isinstance(node.value, ast.Name) and node.value.id in NOT_LAZY):
            continue
        for owner, attribute, module in LAZY:
            # The package assay hands out pandas' tables.
            if node.attr == attribute and imported & ({owner, "assay"} if owner == "pandas" else {owner}):
                yield Use(MODULE, module, f"{where}:{node.lineno}")


def code_of_notebook(text: str) -> str:
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    lines = "\n".join("".join(cell["source"]) for cell in cells).split("\n")
    return "\n".join(re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in lines)


def uses_of_python(text: str, where: str, own: set[str]) -> Iterator[Use]:
    tree = ast.parse(code_of_notebook(text) if where.endswith(".ipynb") else text)
    imports = list(imports_of_python(tree, where))
    everything = [*imports, *lazy_imports(tree, where, {use.name for use in imports}), *programs_of_python(tree, where)]
    for use in everything:
        if use.kind == PROGRAM or use.name not in own | sys.stdlib_module_names:
            yield use


def uses_of_script(text: str, where: str, lines_before: int = 0, functions: set[str] | None = None) -> Iterator[Use]:
    """Of the named functions of a script only, or of all."""
    words = words_of(text)
    own = {word.function for word in words} | builtins_of_bash()
    for word in words:
        ours = "$" in word.text or word.text in own or ("/" in word.text and not PLACE.match(word.text))
        if not ours and (functions is None or word.function in functions):
            kind, name = (MODULE, word.text[3:]) if word.text.startswith("-m ") else (PROGRAM, word.text)
            yield Use(kind, name, f"{where}:{word.line + lines_before}")
    for block in PYTHON_BLOCK.finditer(text) if functions is None else ():
        yield from uses_of_python(block[1], where, set())


def uses_of_document(text: str, where: str) -> Iterator[Use]:
    for block in FENCE.finditer(text):
        yield from uses_of_script(block[1], where, text.count("\n", 0, block.start(1)))


def uses_of_cpp(text: str, where: str) -> Iterator[Use]:
    text = re.sub(r"^[ \t]*//.*$", "", text, flags=re.MULTILINE)

    def use(name: str, at: int) -> Iterator[Use]:
        if name not in builtins_of_bash():
            yield Use(PROGRAM, name, f"{where}:{text.count(chr(10), 0, at) + 1}")

    if "base/process.hpp" in text or "std::system" in text or "::exec" in text:
        for found in CPP_LISTS.finditer(text):
            for name in first_programs(re.findall(r"\"((?:\\.|[^\"\\])*)\"", found[1])):
                yield from use(name, found.start(1))
        for pattern in (CPP_NAMES, CPP_CHAINED) if "std::system" in text else (CPP_NAMES,):
            for found in pattern.finditer(text):
                yield from use(found[1], found.start(1))


def first_programs(words: list[str]) -> Iterator[str]:
    """The first word, and after env and flock the next that can be a program: no option, path or assignment."""
    if re.fullmatch(r"[a-z/][\w.+/-]*", words[0]):
        yield words[0]
    if words[0] in CPP_WRAPPERS:
        following = [word for word in words[1:] if re.fullmatch(r"[a-z][\w.+-]*", word)]
        yield from first_programs(following) if following else ()


def uses_of_meson(text: str, where: str) -> Iterator[Use]:
    for found in MESON_NAMES.finditer(text):
        if not found[1].endswith(".py"):
            yield Use(PROGRAM, found[1], f"{where}:{text.count(chr(10), 0, found.start()) + 1}")


def uses_of_variant(text: str, where: str) -> Iterator[Use]:
    """A kernel variant names the package of its source."""
    for found in SOURCE.finditer(text):
        yield Use(PACKAGE, found[1], f"{where}:{text.count(chr(10), 0, found.start()) + 1}")


def uses_of_file(root: Path, path: Path) -> list[Use]:
    text, where = path.read_text(encoding="utf-8"), str(path.relative_to(root))
    if path.suffix in (".py", ".ipynb"):
        own = {"assay", *(one.stem for one in path.parent.glob("*.py"))}
        return list(uses_of_python(text, where, own))
    if path.suffix in (".cpp", ".hpp"):
        return list(uses_of_cpp(text, where))
    if path.suffix == ".toml":
        return list(uses_of_variant(text, where))
    if path.suffix == ".md":
        return list(uses_of_document(text, where))
    return list(uses_of_meson(text, where) if path.name == "meson.build" else uses_of_script(text, where))


def functions_from(text: str, roots: set[str]) -> set[str]:
    """These functions of a script and all that they call."""
    words = words_of(text)
    known = {word.function for word in words}
    reached, fresh = set(roots), set(roots)
    while fresh:
        fresh = {word.text for word in words if word.function in fresh and word.text in known} - reached
        reached |= fresh
    return reached
