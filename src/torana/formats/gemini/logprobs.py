"""Probabilities of tokens: two lists side by side in Gemini, one within the other in the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.formats.json import as_list, as_object, as_text

if TYPE_CHECKING:
    from torana.formats.json import Json


def logprobs_to_chat(result: object) -> Json | None:
    """Of a `logprobsResult`; None where there is none."""
    if not isinstance(result, dict):
        return None
    chosen = as_list(result.get("chosenCandidates"))
    tops = as_list(result.get("topCandidates"))
    content = []
    for number, each in enumerate(chosen):
        top = as_list(as_object(tops[number]).get("candidates")) if number < len(tops) else []
        content.append({**_token_to_chat(each), "top_logprobs": [_token_to_chat(one) for one in top]})
    return {"content": content, "refusal": None}


def _token_to_chat(given: object) -> Json:
    token = as_text(as_object(given).get("token"))
    value = as_object(given).get("logProbability", 0.0)
    return {"token": token, "logprob": value, "bytes": list(token.encode("utf-8", "replace"))}


def logprobs_from_chat(logprobs: object) -> Json | None:
    content = as_list(as_object(logprobs).get("content"))
    if not content:
        return None
    told: Json = {"chosenCandidates": [_token_from_chat(each) for each in content]}
    tops = [as_list(as_object(each).get("top_logprobs")) for each in content]
    if any(tops):
        told["topCandidates"] = [{"candidates": [_token_from_chat(one) for one in top]} for top in tops]
    return told


def _token_from_chat(given: object) -> Json:
    token = as_object(given)
    value = token.get("logprob")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {"token": as_text(token.get("token")), "logProbability": value if is_number else 0.0}
