"""The guard's English: what a question can lose, what means the same, what kind of question it is."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _named(text: str) -> dict[str, str]:
    """`name: word word …` a line."""
    found: dict[str, str] = {}
    for line in text.strip().splitlines():
        name, _, words = line.partition(":")
        found |= dict.fromkeys(words.split(), name.strip())
    return found


def _phrases(text: str) -> dict[tuple[str, ...], str]:
    """`name: a phrase | another …` a line."""
    found: dict[tuple[str, ...], str] = {}
    for line in text.strip().splitlines():
        name, _, phrases = line.partition(":")
        found |= {tuple(phrase.split()): name.strip() for phrase in phrases.split("|")}
    return found


IDLE = _words(
    """
    a an the this that these those it its
    is are am be been being do does has have having
    of also as so then just very really simply exactly actually quite
    what which usually typically normally generally currently
    please kindly thanks thank hi hello hey ok okay briefly
    """
)
"""They say nothing that the others do not. Of the words that ask, those are here that leave open what is asked for."""

OPENERS = _words("tell show give explain describe define let")
"""Idle where a sentence begins with them: it is an order to answer, and not about telling or giving."""

FIRST = _words("i me my mine we us our ours")
SECOND = _words("you yourself")
"""Alone they are idle; where both stand, it matters who does what to whom."""

KINDS = _named(
    """
    ?how: how
    ?when: when
    ?where: where
    ?who: who whom
    ?why: why
    ~past: was were did had
    ~will: will shall
    """
)
"""Of the whole text, wherever they stand in it."""

PHRASES = _phrases(
    """
    ?how: how to | how can | how do | how does | how should i | how could i | how would i | how is it done
    ?how: what is the best way to | what is the way to
    ?how: is there a way to | what are the steps to | what steps do i take to
    ?how: what should i do to | what can i do to | what do i have to do to | what do i need to do to | what must i do to
    ?how: what is the process of | what is the process for
    ?what: what is the weather like | how is the weather
    : is there | are there | there is | there are
    : i would like to know | i want to know | i need to know | i would like you to | i want you to | i need you to
    : i would like to | i want to | i need to | want to | need to | would like to | like to
    : how do i do that | how do i do it | do you know | was it that | is it that
    : can you please | could you please | would you please
    : can you tell me about | could you tell me about | tell me about
    : can you tell me | could you tell me | can you explain to me | explain to me | can you give me | could you give me
    : give me | show me | tell me | can you explain | could you explain | can you describe | could you describe | for me
    : to me
    ?when: in what year | what year | what date
    clock: what time
    many: how many
    much: how much
    long: how long | how long do | how long does | how long will
    often: how often
    old: how old
    far: how far
    big: how big | how large
    tall: how tall | how high
    contact: get in touch with | reach out to
    delete: get rid of
    enable: turn on | switch on
    disable: turn off | switch off
    login: log in | sign in | log on | log into | sign into
    logout: log out | sign out | log off
    some: a few
    must: have to | has to
    not: no longer
    """
)
"""Neighbouring words, in their basic forms, that mean another word or kind; without a name they mean nothing."""

SAME = _named(
    """
    buy: purchase
    big: large huge
    small: little tiny
    start: begin commence
    fix: repair
    fast: quick rapid
    can: could
    write: compose wrote written
    list: name enumerate
    summary: summarize summarise
    differ: difference different
    beginner: newcomer novice newbie
    photo: picture photograph
    film: movie
    car: automobile
    email: e-mail
    ship: deliver
    change: modify alter
    build: built
    colour: color
    favourite: favorite
    centre: center
    exercise: exercis
    to: into
    with: using use via
    """
)
"""Other words for a word; only such as can stand in for it wherever it stands."""

ORDERS = _words(
    """
    write list translate summary summarise summarize help make name generate create recommend suggest compare find
    calculate convert add
    """
)
"""After `can you`: who asks so gives an order, and does not want to know whether it is possible."""

CLOSED = _words("do does did is are was were can could should would will has have had may might must shall")
"""A sentence that begins so is answered by yes or no."""

NUMBERS = _named(
    """
    0: zero
    1: one
    2: two
    3: three
    4: four
    5: five
    6: six
    7: seven
    8: eight
    9: nine
    10: ten
    11: eleven
    12: twelve
    13: thirteen
    14: fourteen
    15: fifteen
    16: sixteen
    17: seventeen
    18: eighteen
    19: nineteen
    20: twenty
    """
)

UNITS = _named(
    """
    km: km kilometer kilometre
    m: meter metre
    cm: cm centimeter centimetre
    mm: mm millimeter millimetre
    foot: foot feet ft
    kg: kg kilogram kilo
    g: gram
    mg: mg milligram
    lb: lb pound
    oz: oz ounce
    l: liter litre
    ms: ms millisecond
    s: sec second
    min: min minute
    h: hour hr
    celsius: celsius centigrade
    usd: usd dollar
    eur: eur euro
    kb: kb kilobyte
    mb: mb megabyte
    gb: gb gigabyte
    tb: tb terabyte
    am: am
    pm: pm
    """
)
"""Spellings of one unit; what stands behind a number (`5kg`, `7pm`) is taken apart only where it is here."""
