"""What is made for Bedrock, and for its clients, is what Amazon's own SDK knows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore.eventstream import EventStreamBuffer
from botocore.model import Shape
from botocore.parsers import EventStreamJSONParser, RestJSONParser
from botocore.validate import ParamValidator

from golden_cases import ROOT
from torana.formats.bedrock_converse import TRANSLATOR
from torana.formats.translation import Failure

CASES = sorted((ROOT / "chat_to_bedrock_converse").iterdir())
SERVICE = botocore.session.get_session().get_service_model("bedrock-runtime")
CONVERSE, STREAM = SERVICE.operation_model("Converse"), SERVICE.operation_model("ConverseStream")


def having(name: str) -> list[Path]:
    return [case for case in CASES if (case / name).exists()]


def misfits(value: object, shape: Shape) -> str:
    """Fields that the shape does not have, that are missing or of another type."""
    return str(ParamValidator().validate(value, shape).generate_report())


@pytest.mark.parametrize("case", having("request.expected.json"), ids=lambda path: path.name)
def test_requests_are_as_the_service_describes_them(case: Path) -> None:
    made = json.loads((case / "request.expected.json").read_text())
    if "body" in made:
        assert not misfits({"modelId": "a-model", **made["body"]}, CONVERSE.input_shape)


@pytest.mark.parametrize("case", having("reply.expected.json"), ids=lambda path: path.name)
def test_replies_are_as_the_service_describes_them(case: Path) -> None:
    body = (case / "reply.expected.json").read_bytes()
    assert not misfits(json.loads(body), CONVERSE.output_shape)
    parsed = RestJSONParser().parse({"status_code": 200, "headers": {}, "body": body}, CONVERSE.output_shape)
    assert parsed["stopReason"]
    assert parsed["output"]["message"]["role"] == "assistant"


def parsed_events(data: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    shape = STREAM.output_shape.members["stream"]
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    for message in buffer:
        told = message.to_response_dict()
        parsed = EventStreamJSONParser().parse(told, shape)
        if told["status_code"] != 200:
            yield "error", parsed["Error"]
        else:
            ((name, event),) = parsed.items()
            assert not misfits(json.loads(told["body"]), shape.members[name])
            yield name, event


@pytest.mark.parametrize("case", having("stream.expected.bin"), ids=lambda path: path.name)
def test_streams_are_as_the_service_describes_them(case: Path) -> None:
    events = list(parsed_events(base64.b64decode((case / "stream.expected.bin").read_bytes())))
    names = [name for name, _ in events]
    assert names[0] == "messageStart"
    if names[-1] == "error":
        assert events[-1][1]["Message"]
        assert events[-1][1]["Code"] in ("modelStreamErrorException", "throttlingException")
        return
    assert [name for name in names if name == "messageStop"] == ["messageStop"]
    assert names[-1] in ("messageStop", "metadata")
    started = [event["contentBlockIndex"] for name, event in events if name == "contentBlockStop"]
    assert started == list(range(len(started)))


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (424, "ModelErrorException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ],
)
def test_errors_are_those_that_the_sdk_raises(status: int, code: str) -> None:
    body = json.dumps(TRANSLATOR.error_from_chat(status, Failure("no"), "0")).encode()
    parsed = RestJSONParser().parse({"status_code": status, "headers": {}, "body": body}, CONVERSE.output_shape)
    assert parsed["Error"] == {"Message": "no", "Code": code}
    known = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in CONVERSE.error_shapes}
    assert known[code] == status
