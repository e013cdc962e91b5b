"""Splits text into the word pieces of BERT's uncased vocabulary.

As BERT's own tokenizer does it: clean, lower-case, strip accents, split at spaces and punctuation, then the longest
pieces first. `vocab.txt` is the vocabulary of bert-base-uncased (Google, Apache-2.0), a piece a line.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

VOCABULARY = Path(__file__).with_name("vocab.txt")
_LONGEST_WORD = 100
# Where CJK ideographs stand: each is a word of its own.
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    def __init__(self, path: Path = VOCABULARY) -> None:
        pieces = path.read_text("utf-8").splitlines()
        self._ids = {piece: number for number, piece in enumerate(pieces)}
        self._unknown, self._first, self._last = (self._ids[name] for name in ("[UNK]", "[CLS]", "[SEP]"))

    def ids(self, text: str) -> list[int]:
        """With the marks of beginning and end."""
        found = [self._first]
        for word in _words(text):
            found += self._pieces(word)
        found.append(self._last)
        return found

    def _pieces(self, word: str) -> list[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start, prefix = 0, ""
        while start < len(word):
            for end in range(len(word), start, -1):
                if (number := self._ids.get(prefix + word[start:end])) is not None:
                    found.append(number)
                    start, prefix = end, "##"
                    break
            else:
                return [self._unknown]
        return found


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFD", "".join(map(_cleaned, text)).lower())
    spaced = [f" {c} " if _is_punctuation(c) else c for c in plain if unicodedata.category(c) != "Mn"]
    return "".join(spaced).split()


def _cleaned(char: str) -> str:
    if char in "\t\n\r" or unicodedata.category(char) == "Zs":
        return " "
    if char in "\0\ufffd" or unicodedata.category(char).startswith("C"):
        return ""
    code = ord(char)
    return f" {char} " if code >= 0x3400 and any(a <= code <= z for a, z in _IDEOGRAPHS) else char  # noqa: PLR2004


def _is_punctuation(char: str) -> bool:
    """All of ASCII that is neither letter nor digit counts, also what Unicode calls a symbol."""
    return ("!" <= char <= "~" and not char.isalnum()) or unicodedata.category(char).startswith("P")
