"""Where spans go: the standard variables, our settings, and what a gateway may ask for."""

from __future__ import annotations

import pytest

from torana.control.gateway_settings import Otel
from torana.control.otel.targets import NoSuchSecret, Target, of_gateway, of_process, problem_of, resolved
from torana.settings import Settings


def process(**environ: str) -> Target | None:
    return of_process(Settings(), environ)


def test_nothing_is_exported_where_nothing_is_said() -> None:
    assert process() is None


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, "http://c:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/base/"}, "http://c:4318/base/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c/t", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://d"}, "http://c/t"),
    ],
)
def test_the_standard_variables_name_the_collector(environ: dict[str, str], url: str) -> None:
    target = process(**environ)
    assert target is not None
    assert target.url == url
    assert (target.encoding, target.timeout_s, target.is_compressed) == ("protobuf", 10.0, False)


def test_all_standard_variables_count() -> None:
    target = process(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://c",
        OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20b, X-Other=c=d",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/json",
        OTEL_EXPORTER_OTLP_TIMEOUT="2500",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
        OTEL_SERVICE_NAME="mine",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment=prod,service.name=lost",
    )
    assert target is not None
    assert target.headers == (("x-key", "a b"), ("x-other", "c=d"))
    assert (target.encoding, target.timeout_s, target.is_compressed) == ("json", 2.5, True)
    resource = dict(target.resource)
    assert (resource["service.name"], resource["deployment.environment"]) == ("mine", "prod")


def test_our_settings_come_first() -> None:
    settings = Settings(otel_endpoint="http://ours/v1/traces", otel_protocol="http/json")
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    target = of_process(settings, environ)
    assert target is not None
    assert (target.url, target.encoding) == ("http://ours/v1/traces", "json")


@pytest.mark.parametrize("off", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
def test_it_can_be_switched_off(off: dict[str, str]) -> None:
    assert process(OTEL_EXPORTER_OTLP_ENDPOINT="http://c", **off) is None


def test_a_protocol_that_is_not_there_is_told(caplog: pytest.LogCaptureFixture) -> None:
    target = process(OTEL_EXPORTER_OTLP_ENDPOINT="http://c", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")
    assert target is not None
    assert target.encoding == "protobuf"
    assert "no exporter for `grpc`" in caplog.text


def test_secrets_are_references_until_they_are_sent() -> None:
    given = Otel(url="https://c/v1", headers={"X-Team": "t-${secret:TEAM}"}, authorization="HONEY")
    target = of_gateway(given)
    environ = {"TORANA_SECRET_TEAM": "one", "TORANA_SECRET_HONEY": "Bearer two", "TORANA_MASTER_KEY": "hush"}
    assert "one" not in repr(target)
    assert resolved(target, environ) == {"x-team": "t-one", "authorization": "Bearer two"}
    with pytest.raises(NoSuchSecret, match="`TORANA_SECRET_HONEY` is not set"):
        resolved(target, {"TORANA_SECRET_TEAM": "one"})


def test_no_other_variable_can_be_sent_away() -> None:
    given = Otel(url="https://c", headers={"a": "${secret:../PATH}", "b": "${PATH}", "c": "$PATH"})
    assert resolved(of_gateway(given), {"PATH": "hush", "TORANA_SECRET_PATH": "x"}) == {
        "a": "${secret:../PATH}",
        "b": "${PATH}",
        "c": "$PATH",
    }


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (Otel(url="ftp://c", headers={}), "url"),
        (Otel(url="c:4318", headers={}), "url"),
        (Otel(url="http://", headers={}), "url"),
        (Otel(url="http://c:99999", headers={}), "url"),
        (Otel(url="http://c/a b", headers={}), "url"),
        (Otel(url="http://c/\r\nx: y", headers={}), "url"),
        (Otel(url="http://c", headers={"a b": "c"}), "headers"),
        (Otel(url="http://c", headers={"a": "b\r\nc: d"}), "headers"),
        (Otel(url="http://c", headers={"Content-Type": "text/html"}), "headers"),
        (Otel(url="http://c", headers={}, authorization="Bearer sk-1"), "authorization"),
        (Otel(url="http://c:4318/v1/traces?a=b", headers={"x-a": "b"}, authorization="KEY_1"), ""),
    ],
)
def test_what_cannot_be_sent_is_told_by_field(given: Otel, field: str) -> None:
    assert problem_of(given)[0] == field
    assert "sk-1" not in problem_of(given)[1]
