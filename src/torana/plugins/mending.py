"""Reads JSON that is nearly right, and writes it as it was meant.

A stack of open brackets and a place in the text; every character is looked at a bounded number of times. Only what is
punctuation is added: a text that stops within a word, or before a value, is not mended, since its end is not known.
"""

# ruff: noqa: RUF001  # models write typographic quotation marks
from __future__ import annotations

import json
import re
from typing import Literal, TypeAlias

from msgspec import Struct

_BLANK = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/|#[^\n]*)*", re.DOTALL)
_NAME = re.compile(r"[^\W\d][\w$-]*|\$[\w$-]*")
_NUMBER = re.compile(r"([-+]?)([\d_]*)(?:(\.)([\d_]*))?([eE][-+]?\d+)?(?=[\s,\]}/#]|\Z)")
_BARE = re.compile(r"[^\s\"'{}\[\],:`][^\"{}\[\],\n]*")
_ESCAPE = re.compile(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|U([0-9a-fA-F]{8})|(\r\n|.)|\Z)", re.DOTALL)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’"}
_STOPS = {closing: re.compile(f'[{closing}"\\\\\\x00-\\x1f]') for closing in _QUOTES.values()}
_AFTER_KEY = re.compile(r"()\s*+:")
_AFTER_MEMBER = re.compile(
    r"(\s*+)(?:[}\]]|\Z|//|/\*|(?P<next>[\"'“‘])"
    r"|,\s*+(?:[\"'“‘}\],]|\Z|//|/\*|#|[^\W\d][\w$-]*+\s*+:|\$[\w$-]*+\s*+:))"
)
_AFTER_ITEM = re.compile(
    r"(\s*+)(?:[}\]]|\Z|//|/\*|(?P<next>[\"'“‘])"
    r"|,\s*+(?:[\"'“‘}\],{\[\d.+-]|\Z|//|/\*|#|(?:true|false|null|True|False|None)\b))"
)
_COMMENT = re.compile(r"\s//|\s#|/\*")
_WORDS = {
    "true": "true",
    "True": "true",
    "TRUE": "true",
    "false": "false",
    "False": "false",
    "FALSE": "false",
    "null": "null",
    "None": "null",
    "NULL": "null",
    "undefined": "null",
    "NaN": "null",
    "Infinity": "null",
    "-Infinity": "null",
}
_OPENED_BY = {"}": "{", "]": "["}
_CLOSED_BY = {"{": "}", "[": "]"}
_MOST_DEEP = 500
_LARGEST_CODE_POINT = 0x10FFFF

State: TypeAlias = Literal["first", "after", "next", "value"]


class _Open(Struct):
    """A bracket that is not closed yet. `state`: what may come: the first item, a comma, a next item, a key's value."""

    kind: str
    state: State = "first"


class Unmendable(Exception):
    """`is_json` tells that it had begun as JSON does: what comes later in the text is not all of it."""

    def __init__(self, *, is_json: bool) -> None:
        super().__init__()
        self.is_json = is_json


class Mender:
    """Mends one object or array, from its opening bracket on."""

    def __init__(self, text: str, at: int) -> None:
        self.at = at
        """Where reading has come to; once mended, the end of what was read."""
        self._text = text
        self._out: list[str] = []
        self._open: list[_Open] = []
        self._has_content = False

    def mend(self) -> str:
        """Unmendable where nobody can tell what was meant."""
        self._begin(self._text[self.at])
        while self._open:
            self._skip_blank()
            if self.at >= len(self._text):
                self._end_early()
            else:
                self._step(self._text[self.at])
        return "".join(self._out)

    def _step(self, sign: str) -> None:
        top = self._open[-1]
        if sign in _OPENED_BY:
            self._close(sign)
        elif sign == ",":
            if top.state == "value":
                raise self._lost()
            if top.state == "after":
                top.state = "next"
            self.at += 1
        elif top.state == "value" or top.kind == "[":
            if top.kind == "[":
                self._separate(top)
            top.state = "after"
            self._value(sign, is_member=top.kind == "{")
            self._has_content = True
        else:
            self._separate(top)
            self._key(sign)
            top.state = "value"

    def _skip_blank(self) -> None:
        """Comments too."""
        blank = _BLANK.match(self._text, self.at)
        self.at = self.at if blank is None else blank.end()

    def _lost(self) -> Unmendable:
        return Unmendable(is_json=self._has_content)

    def _begin(self, sign: str) -> None:
        if len(self._open) >= _MOST_DEEP:
            raise self._lost()
        self._open.append(_Open(sign))
        self._out.append(sign)
        self.at += 1

    def _separate(self, top: _Open) -> None:
        if top.state != "first":
            self._out.append(", ")

    def _close(self, sign: str) -> None:
        """The brackets within that were forgotten too; one that was never opened is left out."""
        kind = _OPENED_BY[sign]
        if self._open[-1].state == "value":
            raise self._lost()
        self.at += 1
        if any(each.kind == kind for each in self._open):
            while self._open:
                closed = self._open.pop().kind
                self._out.append(_CLOSED_BY[closed])
                if closed == kind:
                    return

    def _end_early(self) -> None:
        """The text is over: brackets are missing, or more than that."""
        if self._open[-1].state not in ("after", "next"):
            raise Unmendable(is_json=True)
        self._out.extend(_CLOSED_BY[each.kind] for each in reversed(self._open))
        self._open.clear()

    def _key(self, sign: str) -> None:
        if sign in _QUOTES:
            self._out.append(self._string(sign, _AFTER_KEY))
        else:
            name = _NAME.match(self._text, self.at)
            if name is None:
                raise self._lost()
            self._out.append(json.dumps(name[0], ensure_ascii=False))
            self.at = name.end()
        self._skip_blank()
        if self._text[self.at : self.at + 1] != ":":
            raise self._lost()
        self._out.append(": ")
        self.at += 1
        self._has_content = True

    def _value(self, sign: str, *, is_member: bool) -> None:
        if sign in _CLOSED_BY:
            self._begin(sign)
        elif sign in _QUOTES:
            self._out.append(self._string(sign, _AFTER_MEMBER if is_member else _AFTER_ITEM))
        else:
            self._out.append(self._number() or self._word(is_member=is_member))

    def _number(self) -> str:
        found = _NUMBER.match(self._text, self.at)
        if found is None or not (found[2] or found[4]):
            return ""
        whole, part = found[2].replace("_", ""), (found[4] or "").replace("_", "")
        if len(whole) > 1 and whole[0] == "0":
            return ""  # an identifier, a postcode: it is kept as the text that it is
        self.at = found.end()
        fraction = f".{part or '0'}" if found[3] else ""
        return f"{'-' if found[1] == '-' else ''}{whole or '0'}{fraction}{found[5] or ''}"

    def _word(self, *, is_member: bool) -> str:
        found = _BARE.match(self._text, self.at)
        word = _COMMENT.split(found[0], maxsplit=1)[0].rstrip() if found is not None else ""
        if word in _WORDS:
            self.at += len(word)
            return _WORDS[word]
        # A bare word in a list is more often prose in brackets; dots stand for what was left out.
        if not word or not is_member or word.strip(".…") == "":
            raise self._lost()
        self.at += len(word)
        return json.dumps(word, ensure_ascii=False)

    def _string(self, opening: str, after: re.Pattern[str]) -> str:
        """A quotation mark ends it where what comes next can only come after a string; others are its own."""
        text, closing = self._text, _QUOTES[opening]
        pieces, start = ['"'], self.at + 1
        while True:
            stop = _STOPS[closing].search(text, start)
            if stop is None:
                raise Unmendable(is_json=True)
            pieces.append(text[start : stop.start()])
            sign, start = stop[0], stop.end()
            if sign == "\\":
                piece, start = self._escape(stop.start())
                pieces.append(piece)
            elif sign < " ":
                pieces.append(json.dumps(sign)[1:-1])
            elif _ends(after.match(text, start), after):
                self.at = start
                return "".join([*pieces, '"'])
            else:
                pieces.append('\\"' if sign == '"' else sign)

    def _escape(self, at: int) -> tuple[str, int]:
        found = _ESCAPE.match(self._text, at)
        if found is None or found.end() == at + 1:
            raise Unmendable(is_json=True)
        known, byte, point, other = found.groups()
        if known:
            return found[0], found.end()
        if byte:
            return f"\\u00{byte}", found.end()
        if point:
            if int(point, 16) > _LARGEST_CODE_POINT:
                raise self._lost()
            return json.dumps(chr(int(point, 16)))[1:-1], found.end()
        if other in ("\n", "\r\n"):
            return "", found.end()  # a line that goes on in the next one
        if other == "'":
            return "'", found.end()
        return "\\\\", at + 1  # as in a pattern or a path: it stands for itself


def _ends(found: re.Match[str] | None, after: re.Pattern[str]) -> bool:
    """Where a comma is missing, the next string is on a line of its own, or apart in a list."""
    if found is None:
        return False
    if after is not _AFTER_KEY and found["next"]:
        return "\n" in found[1] if after is _AFTER_MEMBER else bool(found[1])
    return True
