"""Why an answer ended: Google's words and OpenAI's."""

from __future__ import annotations

_TO_CHAT = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "FINISH_REASON_UNSPECIFIED": "error",
    "OTHER": "error",
    "IMAGE_OTHER": "error",
    "NO_IMAGE": "error",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "ESCALATION": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
}
_FROM_CHAT = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "function_call": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
}


def reason_to_chat(word: str, *, has_calls: bool) -> str:
    """A word that is not known is a new way of stopping short."""
    found = _TO_CHAT.get(word, "error")
    return "tool_calls" if found == "stop" and has_calls else found


def reason_from_chat(word: object, native: object) -> str:
    """Google's own word, where a provider of another format passed it on."""
    if isinstance(native, str) and native in _TO_CHAT:
        return native
    return _FROM_CHAT.get(word, "OTHER") if isinstance(word, str) else "OTHER"
