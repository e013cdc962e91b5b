"""Whole answers in OpenRouter's dress."""

from __future__ import annotations

import json

import pytest

from dresses import answer, choice_of, dress
from torana.exchange import Usage
from torana.formats.json import Json
from torana.surfaces.router import dressing

NATIVE = [("function_call", "tool_calls"), ("max_tokens", "length"), ("SAFETY", "content_filter"), ("eos", "stop")]


def test_an_answer_has_the_recorded_fields_in_the_recorded_order() -> None:
    told = dressing.reply(answer({"content": None, "reasoning": "Hm"}, "length"), dress())
    expected: Json = {
        "id": "gen-1791383961-a",
        "object": "chat.completion",
        "created": 1791383961,
        "model": "deepseek/deepseek-v4.1-flash",
        "provider": "CoreWeave",
        "system_fingerprint": None,
        "service_tier": None,
        "choices": [
            {
                "index": 0,
                "logprobs": None,
                "finish_reason": "length",
                "native_finish_reason": "length",
                "message": {
                    "role": "assistant",
                    "content": None,
                    "refusal": None,
                    "reasoning": "Hm",
                    "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "format": "unknown", "index": 0}],
                },
            }
        ],
        "usage": {
            "prompt_tokens": 37,
            "completion_tokens": 8,
            "total_tokens": 45,
            "cost": 0.0000126,
            "is_byok": False,
            "prompt_tokens_details": {
                "cached_tokens": 0,
                "cache_write_tokens": 0,
                "audio_tokens": 0,
                "video_tokens": 0,
            },
            "cost_details": {
                "upstream_inference_cost": 0.0000126,
                "upstream_inference_prompt_cost": 0.0000074,
                "upstream_inference_completions_cost": 0.0000052,
            },
            "completion_tokens_details": {"reasoning_tokens": 8, "image_tokens": 0, "audio_tokens": 0},
        },
    }
    assert json.dumps(told) == json.dumps(expected)


def test_all_that_a_message_has_stays() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    image = {"type": "image_url", "image_url": {"url": "data:,"}}
    given: Json = {"content": "x", "tool_calls": [call], "images": [image], "annotations": [{"type": "file"}]}
    chat = answer({**given, "audio": None}, "tool_calls", service_tier="flex", system_fingerprint="fp")
    told = dressing.reply(chat, dress())
    assert told["service_tier"] == "flex"
    assert told["system_fingerprint"] == "fp"
    choice = choice_of(told)
    assert choice["message"] == {"role": "assistant", "refusal": None, "reasoning": None, **given}
    assert dressing.ending(chat, dress()).images == 1


@pytest.mark.parametrize(("native", "told"), NATIVE)
def test_reasons_are_told_in_openrouters_words_and_in_the_providers(native: str, told: str) -> None:
    choice = choice_of(dressing.reply(answer({"content": "x"}, native), dress()))
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (told, native)


def test_the_providers_own_word_wins_over_the_hubs() -> None:
    assert dressing.reasons({"finish_reason": "stop", "native_finish_reason": "end_turn"}) == ("stop", "end_turn")
    assert dressing.reasons({"finish_reason": None, "native_finish_reason": None}) == (None, None)


def test_hidden_thoughts_are_counted_and_not_shown() -> None:
    details = [{"type": "reasoning.encrypted", "data": "x", "format": "openai-responses-v1", "index": 0}]
    chat = answer({"content": "4", "reasoning": "2+2", "reasoning_details": details})
    told = dressing.reply(chat, dress(hides_reasoning=True))
    choice = choice_of(told)
    assert choice["message"] == {"role": "assistant", "content": "4", "refusal": None, "reasoning": None}
    assert told["usage"]["completion_tokens_details"]["reasoning_tokens"] == 8  # type: ignore[index]  # JSON
    shown = choice_of(dressing.reply(chat, dress()))["message"]
    assert shown["reasoning_details"] == details
    assert shown["reasoning"] is None


@pytest.mark.parametrize(("finish", "tokens_out", "is_free"), [("error", 8, True), (None, 0, True), (None, 8, False)])
def test_an_answer_that_came_to_nothing_is_not_charged(finish: str | None, tokens_out: int, *, is_free: bool) -> None:
    chat = answer({"content": ""}, finish, usage={"prompt_tokens": 37, "completion_tokens": tokens_out})
    end = dressing.ending(chat, dress())
    assert (end.cost.charged_nano == 0) is is_free
    assert (dressing.reply(chat, dress())["usage"]["cost"] == 0) is is_free  # type: ignore[index]  # JSON


def test_a_choice_that_failed_says_so_in_openrouters_words() -> None:
    chat = answer({"content": "It"}, "error")
    chat["choices"] = [{**choice_of(chat), "error": {"code": "rate_limit_exceeded", "message": "slow down"}}]
    told = choice_of(dressing.reply(chat, dress()))
    assert told["error"]["code"] == 429
    assert told["error"]["metadata"]["error_type"] == "rate_limit_exceeded"
    assert (told["finish_reason"], told["message"]["content"]) == ("error", "It")
    end = dressing.ending(chat, dress())
    assert (end.error, end.cost.charged_nano) == (told["error"], 0)


def test_with_a_key_of_the_callers_own_the_provider_alone_is_paid() -> None:
    usage = dressing.reply(answer({"content": "x"}), dress(is_byok=True))["usage"]
    assert isinstance(usage, dict)
    assert (usage["cost"], usage["is_byok"]) == (0.0, True)
    assert usage["cost_details"]["upstream_inference_cost"] == 0.0000126


def test_an_answer_without_counts_is_estimated_where_that_can_be_done() -> None:
    chat = answer({"content": "four"})
    del chat["usage"]
    assert dressing.ending(chat, dress()).usage == Usage()
    end = dressing.ending(chat, dress(estimate=lambda said: Usage(10, said)))
    assert (end.usage, end.is_estimated, end.characters) == (Usage(10, 4), True, 4)


def test_an_ending_knows_what_the_books_need() -> None:
    end = dressing.ending(answer({"content": "four", "refusal": "no"}, "eos"), dress())
    assert (end.finish_reason, end.native_finish_reason, end.upstream_id) == ("stop", "eos", "up-1")
    assert (end.characters, end.cost.charged_nano, end.error) == (6, 12_600, None)


def test_metadata_and_tools_are_told_where_there_are_any() -> None:
    tools = {"web_search_requests": 1}
    told = dressing.reply(answer({"content": "x"}), dress(metadata={"requested": "x"}, tool_use=tools))
    assert list(told)[-1] == "openrouter_metadata"
    assert told["usage"]["server_tool_use_details"] == tools  # type: ignore[index]  # JSON


@pytest.mark.parametrize(
    "odd", [{}, {"choices": None}, {"choices": [None, 3]}, {"choices": [{"message": 3}], "usage": 4}]
)
def test_an_answer_of_any_shape_is_dressed(odd: Json) -> None:
    told = dressing.reply(odd, dress())
    assert told["usage"]["cost"] == 0  # type: ignore[index]  # JSON
