"""Configuration in a YAML file: read with lines, applied whole, shown as differences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from torana.control.applying import apply
from torana.control.config_file import ConfigError, ConfigFile, read_config, read_scalar
from torana.control.custom_changes import create_cost
from torana.control.custom_providers import CostFields, list_costs, list_providers
from torana.control.differences import Change
from torana.control.gateway_settings import GatewaySettings
from torana.control.operations import Store, create_gateway, ensure_default, list_gateways, open_store
from torana.control.provider_keys import list_keys, reveal_secret
from torana.control.refusals import InvalidInput
from torana.control.setting import changed
from torana.settings import Settings
from torana.snapshot import read
from torana.storage.tables import audit_logs

WHOLE = """\
gateways:
  default:
    collect_logs: false
  other: {}
custom_providers:
  acme:
    base_url: https://a.example
    headers: {x-tenant: t, x-api-key: {env: KEY}, x-file: {file: secret.txt}}
    costs:
      - {model: m, cost_in: 1.0e-6, cost_out: 2.0e-6}
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield opened
    opened.close()


def file(text: str, folder: Path = Path()) -> ConfigFile:
    return ConfigFile("f.yaml", text, {"KEY": "sk-0123456789"}, folder)


def told(changes: list[Change]) -> list[str]:
    return [f"{one.action} {one.kind} {one.name}" for one in changes]


def test_a_file_is_applied_whole_and_once(store: Store, tmp_path: Path) -> None:
    account = ensure_default(store).id
    (tmp_path / "secret.txt").write_text("of a file\n")
    wanted = file(WHOLE, tmp_path)
    everything = [
        "update gateway default",
        "create gateway other",
        "create custom_provider acme",
        "create custom_cost acme: equals m",
    ]
    before = read(store.snapshot_path)
    assert told(apply(store, account, wanted, is_dry=True)) == everything
    assert read(store.snapshot_path) == before
    changes = apply(store, account, wanted)
    assert told(changes) == everything
    assert "sk-0123456789" not in repr(changes)
    assert apply(store, account, wanted) == []
    after = read(store.snapshot_path)
    assert {one.id: one.collect_logs for one in after.gateways} == {"default": False, "other": True}
    (provider,) = after.custom_providers
    assert provider.headers == [("x-tenant", "t"), ("x-file", "of a file")]
    assert provider.sealed_headers
    with store.database.reader.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(audit_logs)).scalar_one() >= len(everything)


def test_what_changed_is_told_field_by_field_without_secrets(store: Store, tmp_path: Path) -> None:
    account = ensure_default(store).id
    (tmp_path / "secret.txt").write_text("x")
    apply(store, account, file(WHOLE, tmp_path))
    later = WHOLE.replace("{env: KEY}", "another-key-012").replace("x-tenant: t,", "").replace("2.0e-6", "0")
    provider, cost = apply(store, account, file(later, tmp_path))
    assert [(one.field, one.old, one.new) for one in provider.differences] == [
        ("headers.x-api-key", "***", "***"),
        ("headers.x-tenant", "t", None),
    ]
    assert [(one.field, one.old, one.new) for one in cost.differences] == [("cost_out", 2e-6, 0.0)]


KEYS = """\
gateways:
  team: {}
provider_keys:
  - {provider: openai, secret: {env: KEY}}
  - {provider: openai, alias: spare, gateway: team, secret: {file: secret.txt}, rate_limit: 5}
"""


def test_keys_are_kept_sealed_and_the_same_secret_is_no_change(store: Store, tmp_path: Path) -> None:
    account = ensure_default(store).id
    (tmp_path / "secret.txt").write_text("sk-of-a-file-0123\n")
    wanted = file(KEYS, tmp_path)
    everything = [
        "create gateway team",
        "create provider_key default: openai/default",
        "create provider_key team: openai/spare",
    ]
    assert told(apply(store, account, wanted, is_dry=True)) == everything
    assert list_keys(store, account) == []
    changes = apply(store, account, wanted)
    assert told(changes) == everything
    assert "sk-" not in repr((changes, wanted.wanted))
    before = {one.alias: one for one in list_keys(store, account)}
    assert {alias: (one.is_default, one.rate_limit, one.rate_limit_period) for alias, one in before.items()} == {
        "default": (True, None, None),
        "spare": (False, 5, 60),
    }
    assert reveal_secret(store, before["spare"]) == "sk-of-a-file-0123"
    assert apply(store, account, wanted) == []
    assert {one.alias: one for one in list_keys(store, account)} == before


def test_what_changed_of_a_key_is_told_without_its_secret(store: Store, tmp_path: Path) -> None:
    account = ensure_default(store).id
    (tmp_path / "secret.txt").write_text("sk-of-a-file-0123")
    apply(store, account, file(KEYS, tmp_path))
    (tmp_path / "secret.txt").write_text("sk-another-4567")
    later = file(KEYS.replace("rate_limit: 5", "default_config: true"), tmp_path)
    (change,) = apply(store, account, later)
    assert [(one.field, one.old, one.new) for one in change.differences] == [
        ("default_config", False, True),
        ("rate_limit", 5, None),
        ("rate_limit_period", 60, None),
        ("secret", "***", "***"),
    ]
    assert apply(store, account, later) == []
    rest = file("gateways: {default: {}}\nprovider_keys: []\n")
    assert apply(store, account, rest) == []
    # The key of a gateway that goes goes with it.
    assert told(apply(store, account, rest, prune=True)) == [
        "delete gateway team",
        "delete provider_key default: openai/default",
    ]
    assert list_keys(store, account) == []


def test_what_the_file_does_not_name_goes_only_when_pruned_and_only_in_its_sections(
    store: Store, tmp_path: Path
) -> None:
    account = ensure_default(store).id
    (tmp_path / "secret.txt").write_text("x")
    apply(store, account, file(WHOLE, tmp_path))
    create_gateway(store, account, "by-hand")
    with store.database.reader.connect() as connection:
        (provider,) = list_providers(connection, account)
    create_cost(store, account, provider.id, CostFields(model="by-hand", cost_in=1))
    assert apply(store, account, file(WHOLE, tmp_path)) == []
    pruned = apply(store, account, file(WHOLE, tmp_path), prune=True)
    assert told(pruned) == ["delete gateway by-hand", "delete custom_cost acme: equals by-hand"]
    assert told(apply(store, account, file("gateways: {default: {}}"), prune=True)) == [
        "update gateway default",
        "delete gateway other",
    ]
    with store.database.reader.connect() as connection:
        assert len(list_providers(connection, account)) == len(list_costs(connection, account)) == 1
    assert told(apply(store, account, file("custom_providers:"), prune=True)) == ["delete custom_provider acme"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gateways:\n  a: [", "f.yaml:2: not YAML"),
        ("- a", "f.yaml:1: a file has"),
        ("\ngateway: {}", "f.yaml:2: gateway: `gateway` is no section"),
        ("gateways: [a]", "f.yaml:1: gateways: a section has names"),
        ("gateways:\n  a:\n  a:\n", "f.yaml:3: gateways.a: stands there twice"),
        ("gateways:\n  a:\n    cache_ttl: -1\n", "f.yaml:3: gateways.a.cache_ttl: Expected `int` >= 0"),
        ("gateways:\n  a:\n    collect_logs: no\n", "f.yaml:3: gateways.a.collect_logs: Expected `bool`, got `str`"),
        ("gateways:\n  a:\n    cashe: 1\n", "f.yaml:3: gateways.a.cashe: Object contains unknown field"),
        ("gateways:\n  a: {}\n  A B: {}\n", "f.yaml:3: gateways.A B: `A B` cannot be a gateway id"),
        ("gateways:\n  a:\n    zdr: true\n", "f.yaml:3: gateways.a.zdr: `zdr` cannot be switched on"),
        ("custom_providers:\n  p: {}\n", "f.yaml:2: custom_providers.p: Object missing required field `base_url`"),
        (
            "custom_providers:\n  p:\n    base_url: http://a\n",
            "f.yaml:3: custom_providers.p.base_url: base_url must be",
        ),
        ("custom_providers:\n  p/q:\n    base_url: https://a\n", "f.yaml:2: custom_providers.p/q: `p/q` cannot be"),
        (
            "provider_keys:\n  - provider: openai\n    secret: sk-in-the-file",
            "f.yaml:3: provider_keys.0.secret: a key does not stand in the file: say `{env: NAME}` or `{file: PATH}`",
        ),
        (
            "provider_keys:\n  - {provider: openai, secret: {env: KEY}, gateway: nowhere}\n",
            "f.yaml:2: provider_keys.0: there is no gateway `nowhere`",
        ),
        (
            "provider_keys:\n  - provider: nobody\n    secret: {env: KEY}\n",
            "f.yaml:2: provider_keys.0.provider_slug: `nobody` is not a provider",
        ),
        (
            "provider_keys:\n- {provider: openai, secret: {env: KEY}}\n- {provider: openai, secret: {env: KEY}}",
            "f.yaml:3: provider_keys.1: this key, or another default one, stands there already",
        ),
        ("provider_keys: {a: b}\n", "f.yaml:1: provider_keys: this section is a list"),
        (
            "custom_providers:\n  p:\n    base_url: https://a\n    headers:\n      x-a: {env: NONE}\n",
            "f.yaml:5: custom_providers.p.headers.x-a: there is no variable `NONE`",
        ),
        (
            "custom_providers:\n  p:\n    base_url: https://a\n    headers:\n      x-a: {file: none}\n",
            "f.yaml:5: custom_providers.p.headers.x-a: `none` cannot be read: No such file",
        ),
        (
            "custom_providers:\n  p:\n    base_url: https://a\n    costs:\n      - model: m\n",
            "f.yaml:5: custom_providers.p.costs.0: a cost rule without a price",
        ),
        (
            "custom_providers:\n  p:\n    base_url: https://a\n    costs: [{model: m, cost_in: 1},\n    {model: m}]\n",
            "f.yaml:5: custom_providers.p.costs.1: this rule stands there twice",
        ),
        ("gateways: &a\n  x: *a\n", "f.yaml:1: an alias leads to itself"),
    ],
)
def test_what_cannot_be_is_told_with_its_line_and_changes_nothing(store: Store, text: str, message: str) -> None:
    account = ensure_default(store).id
    with pytest.raises(ConfigError) as caught:
        apply(store, account, file(text))
    assert str(caught.value).startswith(message)
    assert [one.id for one in list_gateways(store)] == ["default"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        read_config(tmp_path / "none.yaml")


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        file(text)
    except ConfigError as error:
        assert str(error).startswith("f.yaml:")  # noqa: PT017  # either is fine


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("FALSE", False), ("", None), ("~", None), ("0123", 123), ("-5", -5), ("1e-6", 1e-6), (".5", 0.5)]
    + [(text, text) for text in ("no", "on", "2026-01-31", "1_000", "0x1f", "nan", "9" * 19 + "x", "True story")],
)
def test_plain_values_are_read_as_yaml_1_2_has_them(text: str, value: object) -> None:
    assert read_scalar(text) == value
    assert type(read_scalar(text)) is type(value)


def test_settings_typed_in_a_shell_change_those_alone() -> None:
    old = GatewaySettings(collect_logs=False, retry_max_attempts=3)
    new = changed(old, ["cache_ttl=60", 'otel=[{"url": "https://o.example", "headers": {}}]', "retry_backoff = linear"])
    assert (new.collect_logs, new.retry_max_attempts, new.cache_ttl, new.retry_backoff) == (False, 3, 60, "linear")
    assert new.otel is not None
    assert new.otel[0].url == "https://o.example"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cache_ttl", "write it as name=value"),
        ("cache_tl=1", "did you mean `cache_ttl`"),
        ("cache_ttl=many", "cache_ttl"),
        ("otel=[", "not JSON"),
    ],
)
def test_a_setting_that_cannot_be_is_told(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        changed(GatewaySettings(), [text])
