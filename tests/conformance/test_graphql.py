"""GraphQL analytics with a GraphQL client, through a real socket, over what a real server served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

import httpx
import pytest
from gql import Client, GraphQLRequest, gql
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXTransport

from running import Torana
from scripted import Answer, ScriptedUpstream

Groups: TypeAlias = list[dict[str, Any]]
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


@cache
def token(torana: Torana, permission: str, *more: str) -> str:
    asked = ("tokens", "create", "--name", "graphql", "--permission", permission, *more, "--json")
    return str(json.loads(torana.run(*asked))["token"])


def client_of(torana: Torana, text: str) -> Client:
    transport = HTTPXTransport(
        f"{torana.url}/client/v4/graphql", headers={"authorization": f"Bearer {text}"}, trust_env=False
    )
    return Client(transport=transport, fetch_schema_from_transport=True)


@pytest.fixture(scope="module")
def served(torana: Torana, upstream: ScriptedUpstream) -> Torana:
    """Two answers and a failure, of two models."""
    upstream.script("/openai/missing", Answer(status=404, body=b"{}"))
    with httpx.Client(trust_env=False) as plain:
        for model in ("gpt-4o", "gpt-4o", "gpt-4o-mini"):
            headers = {"cf-aig-metadata": '{"user": "ann"}', "user-agent": "test/1"}
            plain.post(torana.at("openai") + "/v1/chat/completions", json=CHAT | {"model": model}, headers=headers)
        assert plain.post(torana.at("openai") + "/missing", json={}).status_code == 404
    return torana


@pytest.fixture(scope="module")
def client(served: Torana) -> Iterator[SyncClientSession]:
    with client_of(served, token(served, "read_metadata")) as session:
        yield session


def groups(client: SyncClientSession, torana: Torana, field: str, limit: int | None = None) -> Groups:
    declared = "($tag: string!, $limit: uint64)" if limit else "($tag: string!)"
    text = f"query Q{declared} {{ viewer {{ accounts(filter: {{accountTag: $tag}}) {{ found: {field} }} }} }}"
    variables = {"tag": torana.account_id} | ({"limit": limit} if limit else {})
    answer = client.execute(GraphQLRequest(text, variable_values=variables))
    found: Groups = answer["viewer"]["accounts"][0]["found"]
    return found


def test_the_query_of_cloudflares_documentation_works(served: Torana, client: SyncClientSession) -> None:
    found = groups(
        client,
        served,
        """aiGatewayRequestsAdaptiveGroups(
             limit: 1000
             filter: { datetimeHour_geq: "2020-01-01T10:00:00Z", datetimeHour_leq: "2099-01-01T11:00:00Z" }
             orderBy: [datetimeMinute_ASC]
           ) {
             count
             dimensions { model provider gateway ts: datetimeMinute }
             sum { cost erroredRequests cachedRequests uncachedTokensIn uncachedTokensOut }
           }""",
    )
    by_model = {group["dimensions"]["model"]: group for group in found}
    mini = by_model["gpt-4o-mini"]
    assert mini["count"] == 1
    assert (mini["dimensions"]["provider"], mini["dimensions"]["gateway"]) == ("openai", "default")
    assert mini["dimensions"]["ts"].endswith(":00Z")
    assert mini["sum"]["uncachedTokensIn"] > 0
    assert mini["sum"]["cost"] > 0
    assert sum(group["sum"]["erroredRequests"] for group in found) == 1
    assert sum(group["count"] for group in found) == 4


def test_the_schema_can_be_looked_at(client: SyncClientSession) -> None:
    assert client.client.schema is not None
    names = client.client.schema.type_map
    for dataset in ("Requests", "Errors", "Cache", "Size"):
        assert f"AccountAiGateway{dataset}AdaptiveGroupsFilter_InputObject" in names
    fields = names["AccountAiGatewayRequestsAdaptiveGroupsFilter_InputObject"].fields  # type: ignore[attr-defined]  # an input
    assert {"model_like", "provider_in", "statusCode_geq", "datetimeMinute_lt", "gateway_neq", "OR"} <= set(fields)


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ("{statusCode_geq: 400}", 1),
        ("{statusCode: 404, error: 1}", 1),
        ('{model: "gpt-4o"}', 2),
        ('{model_in: ["gpt-4o", "gpt-4o-mini"]}', 3),
        ('{model_notin: ["gpt-4o", "gpt-4o-mini"]}', 1),
        ('{model_like: "gpt-4o%"}', 3),
        ('{model_notlike: "gpt-4o%"}', 1),
        ('{model_neq: "gpt-4o", statusCode_lt: 400}', 1),
        ('{OR: [{model: "gpt-4o-mini"}, {statusCode: 404}]}', 2),
        ('{AND: [{model: "gpt-4o"}, {statusCode: 404}]}', 0),
        ('{AND: [{datetime_geq: "2020-01-01T00:00:00Z"}, {datetime_leq: "2099-01-01T00:00:00Z"}]}', 4),
        ('{date_leq: "2020-01-01"}', 0),
        ('{datetimeHour_gt: "2099-01-01T00:00:00Z"}', 0),
        ('{userAgent: "test/1"}', 3),
        ('{metadataRaw_like: "%ann%"}', 3),
        ("{tokensIn_gt: 0}", 3),
        ("{cached: 1}", 0),
        ('{gateway: "default", rateLimited: 0}', 4),
        ("{}", 4),
    ],
)
def test_filters_have_their_suffixes(served: Torana, client: SyncClientSession, given: str, count: int) -> None:
    found = groups(client, served, f"aiGatewayRequestsAdaptiveGroups(filter: {given}, limit: 10) {{ count }}")
    assert sum(group["count"] for group in found) == count


def test_groups_are_ordered_and_cut(served: Torana, client: SyncClientSession) -> None:
    dataset = "aiGatewayRequestsAdaptiveGroups"
    field = dataset + "(orderBy: [count_DESC, model_ASC], limit: $limit) { count dimensions { model } }"
    found = groups(client, served, field, limit=2)
    assert [group["count"] for group in found] == [2, 1]
    by_cost = dataset + "(orderBy: [sum_cost_DESC], limit: 1) { dimensions { model } }"
    assert groups(client, served, by_cost) == [{"dimensions": {"model": "gpt-4o"}}]


def test_errors_cache_and_size_have_datasets_of_their_own(served: Torana, client: SyncClientSession) -> None:
    errors = groups(
        client, served, "aiGatewayErrorsAdaptiveGroups(limit: 5) { count dimensions { statusCode provider } }"
    )
    assert errors == [{"count": 1, "dimensions": {"statusCode": 404, "provider": "openai"}}]
    cache = groups(client, served, "aiGatewayCacheAdaptiveGroups { count dimensions { cacheStatus cacheOp } }")
    assert cache == [{"count": 4, "dimensions": {"cacheStatus": "MISS", "cacheOp": "MISS"}}]
    size = groups(client, served, "aiGatewaySizeAdaptiveGroups { max { rows } dimensions { gateway logManagement } }")
    assert size == [{"max": {"rows": 4}, "dimensions": {"gateway": "default", "logManagement": 0}}]


def test_fragments_and_directives_select_as_fields_do(served: Torana) -> None:
    query = """
      query Q($tag: String!, $with: Boolean!) { viewer { accounts(filter: {accountTag: $tag}) {
        aiGatewayRequestsAdaptiveGroups(limit: 10) { ...Row dimensions @include(if: $with) { model } }
      } } }
      fragment Row on AccountAiGatewayRequestsAdaptiveGroups {
        count ... on AccountAiGatewayRequestsAdaptiveGroups { __typename }
      }
    """
    for has_models, sizes in ((True, 3), (False, 1)):
        told = post(served, token(served, "read"), query, {"tag": served.account_id, "with": has_models}).json()
        assert told["errors"] is None
        assert len(told["data"]["viewer"]["accounts"][0]["aiGatewayRequestsAdaptiveGroups"]) == sizes


def test_what_may_be_asked_can_be_asked(served: Torana, client: SyncClientSession) -> None:
    text = "{ viewer { accounts { settings { aiGatewayRequestsAdaptiveGroups { enabled availableFields } } } } }"
    found = client.execute(gql(text))["viewer"]["accounts"][0]["settings"]["aiGatewayRequestsAdaptiveGroups"]
    assert found["enabled"] == 1
    assert {"count", "sum.cost", "dimensions.model"} <= set(found["availableFields"])


def post(torana: Torana, text: str, query: str, variables: dict[str, Any] | None = None) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return httpx.post(
        f"{torana.url}/client/v4/graphql", json=body, headers={"authorization": f"Bearer {text}"}, trust_env=False
    )


def test_another_account_is_refused_in_graphqls_shape(served: Torana, client: SyncClientSession) -> None:
    text = '{ viewer { accounts(filter: {accountTag: "%s"}) { aiGatewayRequestsAdaptiveGroups { count } } } }' % (
        "0" * 32
    )
    with pytest.raises(TransportQueryError) as caught:
        client.execute(gql(text))
    assert caught.value.errors is not None
    assert caught.value.errors[0]["extensions"]["code"] == "authz"


@pytest.mark.parametrize(("permission", "status"), [("run", 403), ("read_metadata", 200), ("read", 200), ("edit", 200)])
def test_a_token_needs_the_permission_to_read(served: Torana, permission: str, status: int) -> None:
    answer = post(served, token(served, permission), "{ viewer { accounts { accountTag } } }")
    assert answer.status_code == status
    assert (answer.json()["data"] is None) == (status != 200)


def test_without_a_token_nothing_is_told(served: Torana) -> None:
    answer = post(served, "torana_wrong", "{ __typename }")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == 10000


def test_a_token_for_another_gateway_sees_nothing(served: Torana) -> None:
    with client_of(served, token(served, "read", "--gateway", "other")) as limited:
        assert groups(limited, served, "aiGatewayRequestsAdaptiveGroups { count }") == []
        assert groups(limited, served, "aiGatewaySizeAdaptiveGroups { max { rows } }") == []


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("aiGatewayRequestsAdaptiveGroups(limit: 10001) { count }", "`limit` must be"),
        ("aiGatewayRequestsAdaptiveGroups(limit: 0) { count }", "`limit` must be"),
        ('aiGatewayRequestsAdaptiveGroups(filter: {datetime_geq: "soon"}) { count }', "`datetime` takes a moment"),
        ('aiGatewayRequestsAdaptiveGroups(filter: {statusCode: "x"}) { count }', "`statusCode` takes a number"),
        ("aiGatewayRequestsAdaptiveGroups { nothing }", "Cannot query field"),
        ("aiGatewayRequestsAdaptiveGroups(filter: {colour: 1}) { count }", "colour"),
        (" ".join(f"a{n}: aiGatewayRequestsAdaptiveGroups {{ count }}" for n in range(21)), "at most 20 datasets"),
        ("aiGatewayRequestsAdaptiveGroups { " + "count " * 501 + "}", "at most 500 fields"),
        ("accountTag " * 6_000, "tokens"),
        ("x" + "{a" * 500 + "}" * 500, ""),
    ],
)
def test_what_cannot_be_answered_is_told_in_graphqls_shape(served: Torana, field: str, word: str) -> None:
    answer = post(served, token(served, "read"), f"{{ viewer {{ accounts {{ {field} }} }} }}")
    assert answer.status_code == 200, answer.text
    errors = answer.json()["errors"]
    assert any(word in one["message"] for one in errors), errors
    assert "bug" not in errors[0]["message"]


def test_many_small_fragments_do_not_become_a_large_query(served: Torana) -> None:
    levels = "".join(f"fragment F{n} on viewer {{ ...F{n + 1} ...F{n + 1} }} " for n in range(18))
    answer = post(served, token(served, "read"), "{ viewer { ...F0 } } " + levels + "fragment F18 on viewer { budget }")
    assert "at most" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b'{"query": 1}', 400), (b" " * ((1 << 20) + 1), 413)]
)
def test_a_body_that_is_no_question_is_refused(served: Torana, body: bytes, status: int) -> None:
    headers = {"authorization": f"Bearer {token(served, 'read')}"}
    answer = httpx.post(f"{served.url}/client/v4/graphql", content=body, headers=headers, trust_env=False)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == 7001
