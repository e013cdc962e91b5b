"""May two questions share an answer? What a small model cannot tell apart, these rules do.

By cosine alone "from A to B" is "from B to A", and "safe" is "unsafe". So each text is read into a basic form, and
two texts may share an answer only where these are the same: the same numbers, units, names, code, quotations,
negations and content words in the same order, and the same kind of question. What may differ is inflection,
contraction, letter case and punctuation at the edges of words, words that say nothing, and the synonyms and phrases
of `words`. The rules know English; in other languages they let only the same words pass.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from msgspec import Struct

from torana.semantic.words import (
    CLOSED,
    FIRST,
    IDLE,
    KINDS,
    NUMBERS,
    OPENERS,
    ORDERS,
    PHRASES,
    SAME,
    SECOND,
    UNITS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# Typographic quotation marks and the apostrophe among them, by their codes: they look too much like others.
_OPEN, _CLOSE = "\u2018", "\u2019"
_QUOTED = re.compile(
    rf"```.*?```|`[^`\n]+`|\"[^\"\n]+\"|\u201c[^\u201d\n]+\u201d|«[^»\n]+»|(?<!\w)'[^'\n]+'(?!\w)"
    rf"|(?<!\w){_OPEN}[^{_CLOSE}\n]+{_CLOSE}(?!\w)",
    re.DOTALL,
)
_BEFORE, _AFTER = f"([{{¿¡\"'\u201c{_OPEN}«", f".,;:!?)]}}…\"'\u201d{_CLOSE}»"
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_PLAIN = re.compile(r"[a-z]+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MEASURE = re.compile(r"([-+]?[\d.,/:]+)([a-z]+)", re.IGNORECASE)
_ENDS = (".", "!", "?", ":")
_END = "."
_LATIN_ENDS = 0x250
_KNOWN = frozenset().union(IDLE, FIRST, SECOND, KINDS, NUMBERS, UNITS, SAME, SAME.values(), CLOSED, ORDERS, OPENERS)
_POLITE = frozenset({"wplease", "wkindly", "wme", "wjust"})
_ASKED_FOR = ORDERS | OPENERS
_CONTRACTED = {"won't": "will not", "can't": "can not", "cannot": "can not", "shan't": "shall not", "let's": "let"}
_CONTRACTED |= {
    f"{word}'s": f"{word} is" for word in ("what", "who", "where", "when", "how", "why", "it", "that", "there", "here")
}
_TAILS = {"'re": " are", "'m": " am", "'ll": " will", "'d": " would", "'ve": " have", "'s": ""}
_VOWELS = frozenset("aeiouy")
_LEAST_STEM = 3


def _by_first_word() -> dict[str, list[tuple[list[str], str]]]:
    """Longest first."""
    found: dict[str, list[tuple[list[str], str]]] = {}
    for phrase, name in sorted(PHRASES.items(), key=lambda item: -len(item[0])):
        part = name if name[:1] in ("", "?") else "w" + name
        found.setdefault("w" + phrase[0], []).append((["w" + word for word in phrase], part))
    return found


_PHRASES = _by_first_word()


class Reading(Struct, frozen=True):
    """The basic form of a text."""

    kinds: tuple[str, ...]
    """What kind of question it is, in no order."""
    parts: tuple[str, ...]
    """All that it says, in order; the first letter tells words, numbers (#), units, names, code and quotes apart."""


def read(text: str) -> Reading:
    """Never raises; takes time in proportion to the text."""
    kinds: set[str] = set()
    parts: list[str] = []
    persons: list[str] = []
    sentence: list[str] = []
    for token in _tokens(unicodedata.normalize("NFC", text)):
        if token != _END:
            sentence.append(token)
        elif sentence:
            _take(sentence, kinds, parts, persons)
            sentence = []
    if len(set(persons)) > 1:
        kinds.add("persons " + "".join(persons))
    return Reading(tuple(sorted(kinds)), tuple(parts))


def may_share(one: str, other: str) -> bool:
    """Whether an answer to the one can be an answer to the other, as far as words tell."""
    return read(one) == read(other)


def _tokens(text: str) -> Iterator[str]:
    """Parts, their words as written but in lower case, and where sentences end."""
    at = 0
    for found in _QUOTED.finditer(text):
        yield from _chunks(text[at : found.start()])
        yield "q" + found[0]
        at = found.end()
    yield from _chunks(text[at:])
    yield _END


def _chunks(text: str) -> Iterator[str]:
    is_start = True
    for chunk in text.replace(_CLOSE, "'").split():
        core = chunk.lstrip(_BEFORE).rstrip(_AFTER)
        if core:
            yield from _chunk(core, is_start=is_start)
        is_start = chunk.endswith(_ENDS)
        if is_start:
            yield _END


def _chunk(core: str, *, is_start: bool) -> Iterator[str]:
    if _PLAIN.fullmatch(core):
        yield from ("w" + word for word in _spoken(core))
    elif any(char.isdigit() for char in core):
        yield from _number(_THOUSANDS.sub("", core))
    elif not _WORD.fullmatch(core) or any(ord(char) >= _LATIN_ENDS for char in core):
        yield "c" + core
    elif _is_name(core, is_start=is_start):
        yield "n" + core.casefold().removesuffix("'s")
    else:
        yield from ("w" + word for word in _spoken(core.casefold()))


def _number(core: str) -> Iterator[str]:
    if (measure := _MEASURE.fullmatch(core)) and (unit := UNITS.get(measure[2].casefold())):
        yield "#" + measure[1]
        yield "u" + unit
    else:
        yield "#" + core


def _is_name(core: str, *, is_start: bool) -> bool:
    """A capital where English would have none."""
    if any(char.isupper() for char in core[1:]):
        return True
    return core[0].isupper() and not is_start and core.partition("'")[0] != "I"


def _spoken(word: str) -> list[str]:
    """Without contractions and hyphens."""
    if word in _CONTRACTED:
        return _CONTRACTED[word].split()
    if word in SAME:
        return [word]
    if word.isalpha():
        return [word]
    if word.endswith("n't"):
        return [word[:-3], "not"]
    for tail, meaning in _TAILS.items():
        if word.endswith(tail) and len(word) > len(tail):
            return [word.removesuffix(tail), *meaning.split()]
    return word.replace("'", "-").split("-")


def _take(sentence: list[str], kinds: set[str], parts: list[str], persons: list[str]) -> None:
    if sentence[0][1:] in CLOSED and not _is_order(sentence) and not _phrase(sentence, 0)[0]:
        kinds.add("?closed the" if "wthe" in sentence else "?closed")  # `is it a cure` asks less than `is it the cure`
    at = _opening(sentence)
    while at < len(sentence):
        size, part = _phrase(sentence, at)
        if not size:
            size, part = 1, sentence[at]
            if part[0] == "w":
                part = _meaning(part[1:], persons)
        at += size
        if part[:1] in ("?", "~"):
            kinds.add(part)
        elif part:
            parts.append(part)


def _opening(sentence: list[str]) -> int:
    """How many words say no more than that an answer is wanted."""
    at = 0
    if _is_order(sentence):
        at = 2
    while at < len(sentence) and sentence[at] in _POLITE:
        at += 1
    return at + 1 if at < len(sentence) - 1 and sentence[at][1:] in OPENERS else at


def _is_order(sentence: list[str]) -> bool:
    """`Can you write …`, with at most a `please` between."""
    return sentence[1:2] == ["wyou"] and any(word[1:] in _ASKED_FOR for word in sentence[2:4])


def _phrase(sentence: list[str], at: int) -> tuple[int, str]:
    """How many words it has, and what it means; 0 where none begins here."""
    for words, name in _PHRASES.get(sentence[at], ()):
        if sentence[at : at + len(words)] == words:
            return len(words), name
    return 0, ""


def _meaning(word: str, persons: list[str]) -> str:
    """The part that a word is, or its kind; empty = neither."""
    if word in FIRST or word in SECOND:
        person = "1" if word in FIRST else "2"
        if persons[-1:] != [person]:
            persons.append(person)
        return ""
    base = word if word in _KNOWN else _stem(word)
    base = SAME.get(base, base)
    if base in NUMBERS:
        return "#" + NUMBERS[base]
    if base in UNITS:
        return "u" + UNITS[base]
    return KINDS.get(base) or ("" if base in IDLE else "w" + base)


def _stem(word: str) -> str:
    """Without the endings of plural and verb: Porter's steps 1a and 1b, nearly."""
    if word.endswith("ies") and len(word) > _LEAST_STEM + 1:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > _LEAST_STEM:
        return word[:-1]
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _LEAST_STEM and not _VOWELS.isdisjoint(stem):
            return _restored(stem)
    return word


def _restored(stem: str) -> str:
    """As it was before its ending came: `stopp` was `stop`, `liv` was `live`."""
    if stem in _KNOWN or stem + "e" in _KNOWN:
        return stem if stem in _KNOWN else stem + "e"
    if stem[-1] == stem[-2] and stem[-1] not in "lsz":
        return stem[:-1]
    is_short = len(stem) == _LEAST_STEM and stem[-1] not in _VOWELS and stem[-2] in _VOWELS
    return stem + "e" if is_short and stem[-1] not in "wx" else stem
