"""Dates, counts and options in Ollama's words and in the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.exchange import Usage
from torana.formats.chat_usage import usage_of, usage_to_chat

if TYPE_CHECKING:
    from torana.formats.json import Json

NAME = "ollama"

OPTIONS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "repetition_penalty": "repeat_penalty",
}
"""The hub's names and Ollama's."""

_DAY_S = 86_400
_ERA_DAYS = 146_097
"""400 years of the Gregorian calendar."""


def date_of(unix_s: int) -> str:
    """As RFC 3339 has it, in UTC; the calendar's arithmetic with years that begin in March."""
    days, seconds = divmod(unix_s, _DAY_S)
    era, day = divmod(days + 719_468, _ERA_DAYS)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day_of_month = day - (153 * month + 2) // 5 + 1
    month += 3 if month < 10 else -9  # noqa: PLR2004  # March is the first
    year += era * 400 + (month <= 2)  # noqa: PLR2004  # January and February
    hour, minute = divmod(seconds // 60, 60)
    return f"{year:04}-{month:02}-{day_of_month:02}T{hour:02}:{minute:02}:{seconds % 60:02}Z"


def counts_to_chat(line: Json) -> Json | None:
    read, written = _count(line.get("prompt_eval_count")), _count(line.get("eval_count"))
    return None if read is None and written is None else usage_to_chat(Usage(read or 0, written or 0))


def _count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1 << 53
    return value if is_count else None  # type: ignore[return-value]  # it is an int


def counts_from_chat(stated: object) -> Json:
    usage = usage_of(stated)
    return {} if usage is None else {"prompt_eval_count": usage.tokens_in, "eval_count": usage.tokens_out}
