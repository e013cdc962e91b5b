"""Does a text try to talk a model out of its instructions?

Known turns of phrase, also with their letters spaced out or swapped within words, and hidden in base64 or hexadecimal
(openrouter.md 4.10, `regex-prompt-injection`). It finds what is written plainly, and cannot find more.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING

from torana.plugins.patterns import compiled, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torana.plugins.patterns import Span

_THEM = r"(?:instructions?|rules?|guidelines?|directives?|constraints?|prompts?|orders)"
_BEFORE = r"(?:previous|prior|above|earlier|preceding|foregoing|former|initial|original)"
_KIND = r"(?:(?:system|safety|security|developer|internal|given|existing)\s+)?"
_ALL_OF = r"(?:(?:all|any|every|each)\s+(?:of\s+)?)?(?:(?:the|your|my|these|those)\s+)?"
_MODE = r"(?:developer|admin|debug|maintenance|god|jailbreak|unrestricted|dan)"
_HIDDEN = r"(?:(?:full|entire|exact|complete|hidden|secret|initial|original)\s+){0,2}"
_OURS = r"(?:system|developer)\s+(?:prompt|message|instructions?)"
_PHRASES = (
    rf"\b(?:ignore|disregard|forget|bypass|override|overrule|neglect)\s+{_ALL_OF}{_BEFORE}\s+{_KIND}{_THEM}\b",
    rf"\b(?:ignore|disregard|forget|override)\s+(?:all\s+(?:of\s+)?)?your\s+{_KIND}{_THEM}\b",
    rf"\bdo\s+not\s+(?:follow|obey|listen\s+to)\s+(?:the|your|any|those)\s+{_KIND}{_THEM}\b",
    rf"\b{_BEFORE}\s+{_THEM}\s+(?:are|is)\s+(?:now\s+)?(?:void|invalid|obsolete|revoked|cancell?ed|superseded)\b",
    rf"\b(?:supersedes?|replaces?)\s+(?:all\s+)?{_BEFORE}\s+{_THEM}\b",
    rf"\b(?:enter|activate|enable|switch\s+to|you\s+are\s+now\s+in)\s+{_MODE}\s+mode\b",
    r"\bsystem\s+override\b",
    rf"\b(?:reveal|show|print|output|display|repeat|leak|disclose)\s+(?:me\s+)?(?:the|your)\s+{_HIDDEN}{_OURS}\b",
    r"\bwhat\s+(?:is|are|was|were)\s+your\s+(?:(?:exact|original|initial)\s+)?system\s+(?:prompt|instructions?)\b",
    r"\brepeat\s+(?:everything|all(?:\s+the)?\s+text|the\s+text|the\s+words)\s+(?:above|before\s+this)\b",
    r"\byou\s+are\s+(?:no\s+longer|not)\s+(?:bound|restricted|limited|constrained)\s+by\b",
    r"\b(?:act|behave|respond|answer)\s+as\s+(?:if|though)\s+you\s+ha(?:ve|d)\s+no\s+(?:restrictions|rules|limits)\b",
    r"\bpretend\s+(?:that\s+)?you\s+ha(?:ve|d)\s+no\s+(?:restrictions|rules|limits|guidelines|filters)\b",
    r"\bdo\s+anything\s+now\b",
    r"<\|(?:im_start|im_end|system|endofprompt|start_header_id)\|>",
    r"\[/?INST\]|<</?SYS>>",
    r"(?:^|\n)\s*#{2,}\s*(?:system|new\s+system|admin)\s+(?:prompt|message|instructions?)\b",
)
_FOUND = compiled("(?i)" + "|".join(f"(?:{phrase})" for phrase in _PHRASES))
_SPACED = compiled(r"(?:\b[A-Za-z] ){6,}[A-Za-z]\b|(?:\b[A-Za-z] ){2,}[A-Za-z](?:  +(?:[A-Za-z] )+[A-Za-z])+\b")
_VERBS = (b"ignore", b"disregard", b"forget", b"override")
_TIMES = (b"previous", b"prior", b"earlier")
_THINGS = (b"instructions", b"instruction")
_LIKE_A_VERB = compiled(r"(?i)\b(?:i[a-z]{4}e|d[a-z]{7}d|f[a-z]{4}t|o[a-z]{6}e)\b")
_WORDS = re.compile(rb"[A-Za-z]+")
_REACH_BYTES = 80
_BASE64 = compiled(r"[A-Za-z0-9+/]{24,}={0,2}")
_HEX = compiled(r"(?:[0-9A-Fa-f]{2}[ :]?){12,}")
_LONGEST_CODED = 64 << 10
_NOT_LETTERS = re.compile(rb"[^a-z]")


def injections(text: bytes) -> Iterator[Span]:
    yield from spans(_FOUND, text)
    yield from _spaced(text)
    yield from _scrambled(text)
    yield from _coded(text)


def _spaced(text: bytes) -> Iterator[Span]:
    """`i g n o r e  p r e v i o u s …`: where two spaces divide the words, or nothing does."""
    for start, end in spans(_SPACED, text):
        part = text[start:end]
        words = re.sub(rb"(?<=[A-Za-z]) (?=[A-Za-z])", b"", part)
        run = _NOT_LETTERS.sub(b"", part.lower())
        is_run = any(verb in run for verb in _VERBS) and any(thing in run for thing in _THINGS)
        if is_run or _FOUND.search(words):
            yield start, end


def _scrambled(text: bytes) -> Iterator[Span]:
    """`ignroe previuos insturctions`: the first and last letter are right, and the others are there."""
    for start, end in spans(_LIKE_A_VERB, text):
        if not any(_is_like(text[start:end].lower(), verb) for verb in _VERBS):
            continue
        kinds = [_TIMES, _THINGS]
        for found in _WORDS.finditer(text, end, end + _REACH_BYTES):
            if any(_is_like(found[0].lower(), one) for one in kinds[0]):
                del kinds[0]
                if not kinds:
                    yield start, found.end()
                    break


def _is_like(word: bytes, meant: bytes) -> bool:
    if len(word) != len(meant) or word[:1] != meant[:1] or word[-1:] != meant[-1:]:
        return False
    return sorted(word) == sorted(meant)


def _coded(text: bytes) -> Iterator[Span]:
    for start, end in spans(_BASE64, text):
        if end - start <= _LONGEST_CODED and _FOUND.search(_from_base64(text[start:end])):
            yield start, end
    for start, end in spans(_HEX, text):
        if end - start <= _LONGEST_CODED and _FOUND.search(_from_hex(text[start:end])):
            yield start, end


def _from_base64(part: bytes) -> bytes:
    try:
        return b64decode(part.rstrip(b"=") + b"=" * (-len(part.rstrip(b"=")) % 4))
    except ValueError:
        return b""


def _from_hex(part: bytes) -> bytes:
    digits = re.sub(rb"[ :]", b"", part)
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
