"""Whatever a provider answers, nothing raises; whatever a caller sends is read or refused."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from golden_cases import ID
from odd import odd_objects
from torana.errors import CallerError
from torana.formats.json import Json
from torana.formats.openai_responses import TRANSLATOR
from torana.formats.openai_responses.stream_to_chat import StreamToChat
from torana.formats.translation import Brief, Turn

TURN = Turn(ID, 1, "m", {"input": "Hi", "tools": [{"type": "custom", "name": "f"}]}, {})
FIELDS = """
type id output content text role status summary encrypted_content call_id name arguments input item item_id
delta output_index content_index summary_index response usage input_tokens error message code annotations
annotation logprobs refusal part choices finish_reason tool_calls function custom index reasoning
reasoning_details images image_url url data format citation start_index incomplete_details reason result tools
parameters messages include tool_choice stream store max_output_tokens max_tokens instructions
previous_response_id response_format verbosity allowed_tools mode effort
"""
VALUES = """
message reasoning function_call custom_tool_call image_generation_call output_text refusal completed
incomplete failed response.completed response.failed response.output_item.added response.output_item.done
error custom response.output_text.delta response.function_call_arguments.delta
response.reasoning_summary_text.delta response.reasoning_text.delta response.custom_tool_call_input.delta
response.output_text.annotation.added response.refusal.delta response.content_part.added url_citation
reasoning.text reasoning.encrypted user assistant input_text input_image input_file item_reference
function_call_output namespace web_search function torana1.x
"""
OBJECTS = odd_objects(FIELDS.split(), VALUES.split(), depth=5)


@settings(max_examples=400)
@given(OBJECTS)
def test_any_reply_becomes_a_completion_and_any_completion_a_reply(reply: Json) -> None:
    TRANSLATOR.reply_from_chat(TRANSLATOR.reply_to_chat(reply, TURN), TURN)
    TRANSLATOR.reply_from_chat(reply, TURN)


@settings(max_examples=400)
@given(st.lists(OBJECTS, max_size=6))
def test_any_stream_is_told(events: list[Json]) -> None:
    data = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events)
    there, back = StreamToChat(TURN), TRANSLATOR.stream_from_chat(TURN)
    back.feed(there.feed(data) + there.finish())
    assert back.finish()
    direct = TRANSLATOR.stream_from_chat(TURN)
    direct.feed(events)
    assert direct.finish()


@settings(max_examples=400)
@given(OBJECTS)
def test_any_request_is_read_or_refused_by_name(body: Json) -> None:
    with suppress(CallerError):
        TRANSLATOR.request_to_chat(body, Brief())
    with suppress(CallerError):
        TRANSLATOR.request_from_chat(body, Brief("openai"))
