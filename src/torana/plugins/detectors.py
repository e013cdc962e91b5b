"""What content filters know by themselves: addresses, numbers and names of people in a text.

Each takes UTF-8 and gives spans. Names and street addresses are told by their surroundings (a title, an introduction, a
kind of street) and no language model: many are missed, and that is documented.
"""

# ruff: noqa: RUF001  # people write typographic apostrophes
from __future__ import annotations

import re
from ipaddress import ip_address
from itertools import pairwise
from typing import TYPE_CHECKING

from torana.plugins.patterns import compiled, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torana.plugins.patterns import Span

_EMAIL = compiled(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}")
_FILES = (b".png", b".jpg", b".jpeg", b".gif", b".svg", b".webp", b".css", b".js", b".ts", b".html")
"""Ends of `icon@2x.png` and its like."""
_PHONE = compiled(
    r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-]?)[2-9]\d{2}[ .-]?\d{4}"
    r"|\+[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,6}"
)
_PLUS = ord("+")
_PHONE_DIGITS = range(8, 16)
_SSN = compiled(r"\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}")
_DIGITS = re.compile(rb"[0-9]+")
_CARD_DIGITS = range(13, 20)
_CARD_GROUPS = ((4, 4, 4, 4, 3), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4))
_CARD_STARTS = re.compile(rb"3[0-9]|4|5[0-9]|6[0-9]|2[2-7]")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_IPV4 = compiled(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)")
_IPV6 = compiled(r"[0-9A-Fa-f:]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]*(?:\.\d{1,3}){0,3}")
_LONGEST_IPV6 = 45
_WORD = r"\p{Lu}[\p{L}'’-]+"
_NAME = rf"{_WORD}(?: (?:\p{{Lu}}\.|van|von|de|da|del|der|di|la|{_WORD})){{0,3}}"
_TITLED = compiled(rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Herr|Frau)\.? ({_NAME})")
_INTRODUCED = compiled(
    rf"(?i:\b(?:my name is|my name's|name:|i am called|signed,?|regards,|sincerely,))"
    rf"\s{{1,3}}({_WORD} (?:\p{{Lu}}\. )?{_WORD})"
)
_GIVEN = (
    "Aaron|Adam|Adrian|Ahmed|Albert|Alejandro|Alexander|Ali|Alice|Amanda|Amy|Ana|Andrea|Andreas|Andrew|Angela|Ann|"
    "Anna|Anne|Anthony|Antonio|Barbara|Benjamin|Bernard|Betty|Brenda|Brian|Carlos|Carol|Caroline|Catherine|Chen|"
    "Christian|Christine|Christopher|Claire|Claudia|Cynthia|Daniel|David|Deborah|Dennis|Diana|Diego|Donald|Donna|"
    "Dorothy|Douglas|Edward|Elena|Elizabeth|Emily|Emma|Eric|Fatima|Fernando|Francisco|Frank|Gabriel|Gary|George|"
    "Giovanni|Giulia|Gregory|Hannah|Hans|Heather|Helen|Henry|Ibrahim|Irene|Isabel|Ivan|Jacob|James|Janet|Jason|"
    "Javier|Jeffrey|Jennifer|Jeremy|Jessica|Joan|Johann|John|Jonathan|Jorge|Jose|Joseph|Joshua|Juan|Julia|Julie|"
    "Karen|Katherine|Kathleen|Keith|Kenneth|Kevin|Kimberly|Klaus|Larry|Laura|Lauren|Linda|Lisa|Lucas|Luis|Marco|"
    "Margaret|Maria|Marie|Martha|Martin|Mary|Matthew|Melissa|Michael|Michelle|Miguel|Mohamed|Mohammed|Monica|"
    "Nancy|Natalie|Nicholas|Nicole|Olga|Olivia|Omar|Oscar|Pamela|Patricia|Patrick|Paul|Pedro|Peter|Philip|Pierre|"
    "Rachel|Raymond|Rebecca|Richard|Robert|Roberto|Roger|Ronald|Ruth|Ryan|Samantha|Samuel|Sandra|Sara|Sarah|Scott|"
    "Sergio|Sharon|Simon|Sofia|Sophie|Stefan|Stephanie|Stephen|Steven|Susan|Teresa|Thomas|Timothy|Vincent|Walter|"
    "Wei|William|Yusuf|Zoe"
)
"""Common ones that are neither words nor places."""
_KNOWN = compiled(rf"\b((?:{_GIVEN}) (?:\p{{Lu}}\. )?(?:(?:van|von|de|da|del|der|di|la) )?{_WORD})")
_STREET = compiled(
    r"\b\d{1,6}[A-Za-z]?,? (?:[NSEW]\.? )?(?:\p{Lu}[\p{L}'’.-]*|\d{1,3}(?:st|nd|rd|th))(?: \p{Lu}[\p{L}'’.-]*){0,3} "
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Parkway|"
    r"Pkwy|Highway|Hwy|Crescent|Close|Circle|Cir)\b\.?"
    r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|#)\.? ?[\w-]{1,8})?"
    r"(?:,? \p{Lu}\p{Ll}[\p{L}'’-]*(?: \p{Lu}\p{Ll}[\p{L}'’-]*){0,2})?"
    r"(?:,? [A-Z]{2}\b)?(?: (?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}))?"
)


def emails(text: bytes) -> Iterator[Span]:
    for start, end in spans(_EMAIL, text):
        if not text[start:end].lower().endswith(_FILES):
            yield start, end


def phones(text: bytes) -> Iterator[Span]:
    """As North America writes them; all others with a `+` before the country."""
    for start, found in spans(_PHONE, text):
        end = found
        while end > start:
            count = sum(1 for each in text[start:end] if chr(each).isdigit())
            if count in _PHONE_DIGITS and _stands_alone(text, start, end):
                yield start, end
                break
            # Another number may follow the one that is meant.
            end = max(text.rfind(sign, start, end) for sign in (b" ", b".", b"-")) if text[start] == _PLUS else start


def social_security_numbers(text: bytes) -> Iterator[Span]:
    """Those that can have been given to somebody."""
    for start, end in spans(_SSN, text):
        area, group, serial = re.split(rb"[ -]", text[start:end])
        is_one = area not in (b"000", b"666") and area < b"900" and group != b"00" and serial != b"0000"
        if is_one and _stands_alone(text, start, end):
            yield start, end


def credit_cards(text: bytes) -> Iterator[Span]:
    """Numbers that begin as cards do and have the right check digit, in one piece or grouped as on the card."""
    groups = [found.span() for found in _DIGITS.finditer(text)]
    at = 0
    while at < len(groups):
        count = _card_groups(text, groups, at)
        if count:
            yield groups[at][0], groups[at + count - 1][1]
        at += max(1, count)


def _card_groups(text: bytes, groups: list[Span], at: int) -> int:
    """How many groups from here on are one card's; 0 = it is none."""
    for lengths in ((groups[at][1] - groups[at][0],), *_CARD_GROUPS):
        taken = groups[at : at + len(lengths)]
        if tuple(end - start for start, end in taken) != lengths:
            continue
        between = {text[a[1] : b[0]] for a, b in pairwise(taken)}
        number = b"".join(text[start:end] for start, end in taken)
        is_written_so = len(between) <= 1 and between <= {b" ", b"-"}
        if is_written_so and _is_card(number) and _stands_alone(text, taken[0][0], taken[-1][1]):
            return len(lengths)
    return 0


def _is_card(number: bytes) -> bool:
    if len(number) not in _CARD_DIGITS or not _CARD_STARTS.match(number) or len(set(number)) == 1:
        return False
    digits = [each - ord("0") for each in reversed(number)]
    return (sum(digits[::2]) + sum(_DOUBLED[each] for each in digits[1::2])) % 10 == 0


def ip_addresses(text: bytes) -> Iterator[Span]:
    for start, end in spans(_IPV4, text):
        if _stands_alone(text, start, end, b"."):
            yield start, end
    for start, end in spans(_IPV6, text):
        if end - start <= _LONGEST_IPV6 and _is_address(text[start:end]) and _stands_alone(text, start, end):
            yield start, end


def _is_address(candidate: bytes) -> bool:
    """Without a digit it is rather two names and what is between them."""
    try:
        return any(chr(each).isdigit() for each in candidate) and bool(ip_address(candidate.decode()))
    except ValueError:
        return False


def person_names(text: bytes) -> Iterator[Span]:
    """After a title, where somebody is introduced, and where a common given name comes first."""
    for pattern in (_TITLED, _INTRODUCED, _KNOWN):
        for found in pattern.finditer(text):
            yield found.span(1)


def street_addresses(text: bytes) -> Iterator[Span]:
    """A number and a street, with what follows of town, state and postcode."""
    yield from spans(_STREET, text)


def _stands_alone(text: bytes, start: int, end: int, joints: bytes = b".-:") -> bool:
    """Whether it is no part of a longer word or number, or of numbers that are joined by one of `joints`."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if _is_word(before[-1:]) or _is_word(after[:1]):
        return False
    is_joined_before = before[:1].isdigit() and before[-1:] in joints
    return not is_joined_before and not (after[1:].isdigit() and after[:1] in joints)


def _is_word(one: bytes) -> bool:
    return one.isalnum() or one == b"_" or one >= b"\x80"
