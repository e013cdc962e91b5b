"""Which regular expressions may be searched for: those that no input can make slow (openrouter.md 4.10)."""

from __future__ import annotations

import re

LONGEST = 100_000
_QUANTIFIER = re.compile(r"([*+?]|\{\d+(?:,\d*)?\})\??")
_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")


def why_not(pattern: str) -> str | None:
    """What is wrong with a pattern in JavaScript's flavour; None = it may be used.

    Not allowed are lookaround, references back, and repetition without an end inside another one. Whether the rest of
    it is sound is for whoever compiles it to say.
    """
    if not pattern:
        return "it is empty"
    if len(pattern) > LONGEST:
        return f"it has more than {LONGEST} characters"
    return _Scan(pattern).problem()


class _Scan:
    """Walks a pattern once, keeping of each open group whether something in it repeats without an end."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._open: list[bool] = []
        self._repeats = False
        """In the group that is open."""
        self._inner = False
        """In what a quantifier would be of: the group that just closed."""

    def problem(self) -> str | None:
        while self._at < len(self._pattern):
            found = self._step()
            if found is not None:
                return found
        return "a group is not closed" if self._open else None

    def _step(self) -> str | None:
        char = self._pattern[self._at]
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._class()
        if char == "(":
            return self._group()
        if char == ")":
            return self._close()
        if (found := _QUANTIFIER.match(self._pattern, self._at)) is not None:
            self._at = found.end()
            return self._repeat(found[1])
        self._at += 1
        self._inner = False
        return None

    def _escape(self) -> str | None:
        following = self._pattern[self._at + 1 : self._at + 2]
        self._at += 2
        self._inner = False
        if not following:
            return "it ends in a backslash"
        if following in "123456789" or (following == "k" and self._pattern.startswith("<", self._at)):
            return "references back to a group are not supported"
        return None

    def _class(self) -> str | None:
        at = self._at + 1
        while at < len(self._pattern) and self._pattern[at] != "]":
            at += 2 if self._pattern[at] == "\\" else 1
        self._at = at + 1
        self._inner = False
        return None if at < len(self._pattern) else "a character class is not closed"

    def _group(self) -> str | None:
        if self._pattern.startswith(_LOOKING, self._at):
            return "lookahead and lookbehind are not supported"
        self._open.append(self._repeats)
        self._repeats = self._inner = False
        self._at += 1
        if self._pattern.startswith("?", self._at):
            # `(?:` and `(?<name>`: the sign is no quantifier.
            self._at += 1
        return None

    def _close(self) -> str | None:
        if not self._open:
            return "a group is closed that was not opened"
        self._inner = self._repeats
        self._repeats = self._open.pop() or self._repeats
        self._at += 1
        return None

    def _repeat(self, sign: str) -> str | None:
        if sign in {"*", "+"} or sign.endswith(",}"):
            if self._inner:
                return "a repetition without an end inside another one is not supported"
            self._repeats = True
        self._inner = False
        return None
