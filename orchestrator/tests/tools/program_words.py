# SPDX-License-Identifier: GPL-2.0-or-later
"""The command words of shell scripts: enough of the language for scripts that shellcheck likes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1([^\n]*\n)(.*?\n)[ \t]*\2$", re.MULTILINE | re.DOTALL)
ASSIGNMENT = re.compile(r"^\w+(\[[^]]*\])?\+?=")
PLACE = re.compile(r"^(\w+=)?(/usr(/local)?(/lib/llvm-\d+)?)?/s?bin/[\w.+-]+$")
FUNCTION = re.compile(r"^(\w+)\(\) *[{(](.*)$")
BEFORE_COMMANDS = {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time"}
NO_COMMANDS = {"for", "select", "done", "fi", "esac", "}", "function", "in"}
#: Commands that start another: how many words of their own stand before it.
WRAPPERS = {
    **dict.fromkeys(("exec", "command", "builtin", "env", "sudo", "nice", "xargs"), 0),
    **dict.fromkeys(("guarded", "as_root"), 0),
    **dict.fromkeys(("step", "flock", "timeout"), 1),
}


@dataclass(frozen=True)
class Word:
    """A word in the place of a command, or what else names a program, and its function; "-m X" is Python's module."""

    text: str
    line: int
    function: str


@dataclass
class Script:
    """Reads one script from its first character to its last."""

    text: str
    words: list[Word] = field(default_factory=list)
    at: int = 0

    def read(self) -> list[Word]:
        self.text = HEREDOC.sub(lambda found: found[3] + "\n" * (found[4].count("\n")), self.text)
        owners = functions_by_line(self.text)
        self.commands("")
        return [Word(word.text, word.line, owners[word.line - 1]) for word in self.words]

    def line(self) -> int:
        return self.text.count("\n", 0, self.at) + 1

    def commands(self, closer: str) -> None:
        """Reads commands up to `closer`."""
        command: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == closer:
                break
            if char in " \t":
                self.at += 1
            elif char == "#":
                self.at = self.end_of("\n")
            elif self.text.startswith("((", self.at) and set(command) <= BEFORE_COMMANDS:
                self.at = self.end_of("))") + 2
            elif char in ";&|\n()":
                self.finish(command)
                if self.text.startswith(";;", self.at):
                    self.at += 2
                    self.pattern()
                elif char == "(":
                    self.at += 1
                    self.commands(")")
                    self.at += 1
                else:
                    self.at += 1
            elif char in "<>" and not self.text.startswith(("<(", ">("), self.at):
                self.redirection()
            else:
                command.append(self.word())
                self.after_word(command)
        self.finish(command)

    def after_word(self, command: list[str]) -> None:
        if command[0] == "case" and command[-1] == "in" and len(command) > 2:
            command.clear()
            self.pattern()
        elif command[-1] == "[[":
            while self.at < len(self.text) and not self.text.startswith("]]", self.at):
                self.word(in_test=True)
                while self.at < len(self.text) and self.text[self.at] in " \t\n":
                    self.at += 1
        elif command[-1].isdigit() and self.text[self.at : self.at + 1] in ("<", ">"):
            command.pop()
        elif re.fullmatch(r"\w+", command[-1]) and self.text.startswith("()", self.at):
            command.clear()
            self.at += 2

    def end_of(self, mark: str) -> int:
        found = self.text.find(mark, self.at)
        return found if found >= 0 else len(self.text)

    def pattern(self) -> None:
        """Passes over the pattern of a case, but not over the end of them all."""
        blank = re.compile(r"(\s|#[^\n]*\n)*").match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        if not self.text.startswith("esac", self.at):
            self.at = self.end_of(")") + 1

    def redirection(self) -> None:
        marks = re.compile(r"[<>]+[&|]?\s*").match(self.text, self.at)
        self.at = marks.end() if marks else self.at + 1
        if self.text[self.at : self.at + 1] not in ("\n", ""):
            self.word()

    def word(self, in_test: bool = False) -> str:
        """Reads a word; what is substituted in it is read as commands of its own."""
        begin, plain = self.at, ""
        while self.at < len(self.text):
            char = self.text[self.at]
            substituted = self.text.startswith(("<(", ">("), self.at)
            if char in " \t\n" or (not in_test and char in ";&|<>)" and not substituted):
                break
            if char == "(" and not in_test:
                if not plain.endswith("="):
                    break
                self.array()
            elif char == "'":
                close = self.text.find("'", self.at + 1)
                plain += self.text[self.at + 1 : close]
                self.at = close + 1
            elif char == '"':
                plain += self.quoted()
            else:
                plain += self.one()
        self.at += self.at == begin  # never stands still
        return plain

    def array(self) -> None:
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != ")":
            if self.text[self.at] in " \t\n":
                self.at += 1
            elif self.text[self.at] == "#":
                self.at = self.end_of("\n")
            else:
                self.word()
        self.at += 1

    def quoted(self) -> str:
        plain = ""
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != '"':
            plain += self.one()
        self.at += 1
        return plain

    def one(self) -> str:
        """One character, or one substitution."""
        if self.text.startswith("$((", self.at):
            self.at = self.end_of("))") + 2
            return "$"
        if self.text.startswith(("$(", "<(", ">("), self.at):
            self.at += 2
            self.commands(")")
            self.at += 1
            return "$"
        if self.text.startswith("${", self.at):
            self.at = self.end_of("}") + 1
            return "$"
        if self.text[self.at] == "\\":
            self.at += 2
            return self.text[self.at - 1].replace("\n", "")
        self.at += 1
        return self.text[self.at - 1]

    def finish(self, command: list[str]) -> None:
        """Keeps what a whole command names."""
        words = list(command)
        command.clear()
        self.keep(*(word.split("=", 1)[-1] for word in words if PLACE.match(word)))
        while words and (words[0] in BEFORE_COMMANDS or ASSIGNMENT.match(words[0]) or not words[0]):
            name, _, value = words.pop(0).partition("=")
            if name in ("CC", "CXX"):
                self.keep(*value.split())
        if not words or words[0] in NO_COMMANDS:
            return
        self.keep(words[0])
        if words[0].endswith("python3") and "-m" in words[:-1]:
            self.keep("-m " + words[words.index("-m") + 1])
        if words[0] in WRAPPERS:
            rest = [word for word in words[1:] if not word.startswith("-") and not ASSIGNMENT.match(word)]
            self.finish(rest[WRAPPERS[words[0]] :])

    def keep(self, *names: str) -> None:
        self.words += [Word(name, self.line(), "") for name in names]


def functions_by_line(text: str) -> list[str]:
    """For each line the function that it is in; they begin and end at the margin."""
    current, owners = "", []
    for line in text.split("\n"):
        begun = FUNCTION.match(line)
        current = begun[1] if begun else current
        owners.append(current)
        if line in ("}", ")") or (begun and begun[2].endswith(("}", ")"))):
            current = ""
    return owners


@lru_cache(maxsize=8)  # ./dev is asked for each command
def words_of(script: str) -> list[Word]:
    return Script(script).read()
