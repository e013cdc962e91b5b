from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.cli.flags import size_text
from torana.settings import Settings, SettingsError, control_socket, read_size, resolve, trace, variable


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory without a torana.toml."""
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "torana.toml") -> Path:
    path = Path(name).absolute()
    path.write_text(text)
    return path


def test_without_sources_all_is_default() -> None:
    settings, origin = trace({}, {})
    assert (settings.host, settings.port, settings.workers, origin) == ("127.0.0.1", 8787, 1, {})
    assert Path(settings.data_dir).is_absolute()


def test_a_flag_wins_over_a_variable_and_that_over_the_file() -> None:
    write("port = 1\nworkers = 2\nhost = '::'")
    settings, origin = trace({"port": "3", "workers": None}, {"TORANA_PORT": "2", "TORANA_WORKERS": "4"})
    assert (settings.port, settings.workers, settings.host) == (3, 4, "::")
    assert origin == {"port": "--port", "workers": "TORANA_WORKERS", "host": "torana.toml"}


def test_a_named_file_is_read_in_place_of_the_usual_one() -> None:
    write("port = 1")
    other = write("port = 2", "other.toml")
    assert resolve({}, {"TORANA_CONFIG": str(other)}).port == 2
    assert resolve({}, {"TORANA_CONFIG": str(other)}, write("port = 3", "third.toml")).port == 3
    assert resolve({}, {}).port == 1


def test_a_named_file_that_is_missing_is_an_error() -> None:
    with pytest.raises(SettingsError, match=r"`--config` cannot be `nowhere\.toml`: there is no such file"):
        resolve({}, {}, Path("nowhere.toml"))
    with pytest.raises(SettingsError, match=r"`TORANA_CONFIG` cannot be `nowhere\.toml`: there is no such file"):
        resolve({}, {"TORANA_CONFIG": "nowhere.toml"})


SIZE = "a size: a number, or one with KiB, MiB or GiB behind it"
TABLE = 'a table of base URLs, such as openai = "https://llm.example.com/v1"'
SECONDS = "a number of seconds above 0, and at most 1,000,000,000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "`torana.toml` has an unknown key `prot`: did you mean `port`?"),
        ("zzz = 1", "`torana.toml` has an unknown key `zzz`: `torana settings` lists all"),
        ("port = 'x'", "`port` in `torana.toml` cannot be `x`: it must be a whole number from 0 to 65535"),
        ("port = 70000", "`port` in `torana.toml` cannot be `70000`: it must be a whole number from 0 to 65535"),
        ("port = true", "`port` in `torana.toml` cannot be `true`: it must be a whole number from 0 to 65535"),
        ("local_threads = -1", "`local_threads` in `torana.toml` cannot be `-1`: it must be a whole number, 0 or more"),
        ("providers = 3", f"`providers` in `torana.toml` cannot be `3`: it must be {TABLE}"),
        ("[providers]\nopenai = 3", f'`providers` in `torana.toml` cannot be `{{"openai": 3}}`: it must be {TABLE}'),
        ("host = 3", "`host` in `torana.toml` cannot be `3`: it must be text, and not empty"),
        ("host = ''", "`host` in `torana.toml` cannot be empty: it must be text, and not empty"),
        ("prices = 3", "`prices` in `torana.toml` cannot be `3`: it must be text"),
        ("data_dir = '~no-such-user/t'", "cannot be `~no-such-user/t`: it must be the path of a folder"),
        (
            "log_level = 'loud'",
            "`log_level` in `torana.toml` cannot be `loud`: it must be one of `debug`, `info`, `warning`, `error`",
        ),
        ("idle_timeout = 0", f"`idle_timeout` in `torana.toml` cannot be `0`: it must be {SECONDS}"),
        ("idle_timeout = inf", f"`idle_timeout` in `torana.toml` cannot be `Infinity`: it must be {SECONDS}"),
        ("journal_limit = '2 apples'", f"`journal_limit` in `torana.toml` cannot be `2 apples`: it must be {SIZE}"),
        ("journal_limit = -1", f"`journal_limit` in `torana.toml` cannot be `-1`: it must be {SIZE}"),
        ("tls_cert = 'x'", "`tls_cert` in `torana.toml` is of no use without `tls_key`: the two go together"),
        ("tls_key = 'x'", "`tls_key` in `torana.toml` is of no use without `tls_cert`: the two go together"),
    ],
)
def test_a_bad_file_is_refused_in_a_line_that_says_what_would_be_right(text: str, message: str) -> None:
    write(text)
    with pytest.raises(SettingsError) as refused:
        resolve({}, {})
    assert str(refused.value).endswith(message)


def test_a_file_that_is_no_toml_is_refused() -> None:
    write("port = ")
    with pytest.raises(SettingsError, match=r"`torana\.toml` is not valid TOML"):
        resolve({}, {})


def test_a_bad_value_is_shown_in_one_line_and_cut() -> None:
    with pytest.raises(SettingsError, match=f"^`TORANA_PORT` cannot be `1 2{'x' * 77}…`: it must be a whole number"):
        resolve({}, {"TORANA_PORT": "1\n2" + "x" * 1000})


def test_a_bad_table_in_the_file_is_told_of_the_file() -> None:
    write("providers = 3")
    with pytest.raises(SettingsError, match=r"`providers` in `torana\.toml` cannot be `3`"):
        resolve({"providers": {"openai": "http://x/v1"}}, {"TORANA_PROVIDER_GROQ_URL": "http://y/v1"})


def test_a_bad_value_is_named_by_where_it_came_from() -> None:
    with pytest.raises(SettingsError, match="`TORANA_PORT` cannot be `abc`"):
        resolve({}, {"TORANA_PORT": "abc"})
    with pytest.raises(SettingsError, match="`--port` cannot be `abc`"):
        resolve({"port": "abc"}, {"TORANA_PORT": "1"})


def test_providers_are_laid_over_one_another() -> None:
    write("[providers]\nopenai = 'http://file/v1'\ngroq = 'http://file/g'\nlocal = 'http://file/l'")
    environ = {"TORANA_PROVIDER_OPENAI_URL": "http://env/v1", "TORANA_PROVIDER_GOOGLE_AI_STUDIO_URL": "http://env/g"}
    settings, origin = trace({"providers": {"groq": "http://flag/g"}}, environ)
    assert settings.providers == {
        "openai": "http://env/v1",
        "google-ai-studio": "http://env/g",
        "groq": "http://flag/g",
        "local": "http://file/l",
    }
    assert origin["providers"] == "--providers"


def test_an_empty_provider_variable_says_nothing() -> None:
    assert resolve({}, {"TORANA_PROVIDER_OPENAI_URL": ""}).providers == {}


def test_children_get_the_same_settings_through_their_environment() -> None:
    flags = {"port": "0", "journal_limit": "3GiB", "idle_timeout": "1.5", "tls_cert": "/c", "tls_key": "/k"}
    settings = resolve({**flags, "providers": {"google-ai-studio": "http://x/v1"}}, {})
    write("port = 9\n[providers]\ngoogle-ai-studio = 'http://other'")
    assert resolve({}, settings.to_environ()) == settings


def test_the_data_directory_is_absolute_and_at_home() -> None:
    assert resolve({"data_dir": "here"}, {}).data_dir == os.path.join(os.getcwd(), "here")  # noqa: PTH109, PTH118  # its twin
    assert resolve({"data_dir": "~/t"}, {}).data_dir == str(Path.home() / "t")


def test_each_variable_is_read() -> None:
    for name in Settings.__struct_fields__:
        if name == "providers":
            continue
        with_default = getattr(resolve({}, {}), name)
        _, origin = (
            trace({}, {variable(name): str(with_default)}) if "tls" not in name else ({}, {name: variable(name)})
        )
        assert origin[name] == variable(name)


@given(st.integers(min_value=0, max_value=1 << 50))
def test_a_size_survives_being_shown(size: int) -> None:
    assert read_size(size_text(size)) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [("1", 1), ("1b", 1), ("1.5KiB", 1536), ("2 MiB", 2 << 20), ("2m", 2 << 20), (" 3GB ", 3 << 30), ("1TiB", 1 << 40)],
)
def test_sizes_take_units(text: str, size: int) -> None:
    assert read_size(text) == size


@given(st.text() | st.from_regex(r"\d+(\.\d+)?[kmgt]?i?b?", fullmatch=True))
def test_a_size_is_read_or_refused(text: str) -> None:
    size = read_size(text)
    assert size is None or size >= 0


@pytest.mark.parametrize("text", ["", "-1", "1e3", "1 2", "GiB", "9" * 400, "\N{SUPERSCRIPT TWO}"])
def test_what_is_no_size_is_refused(text: str) -> None:
    assert read_size(text) is None


def test_the_control_socket_is_in_the_data_directory_where_that_is_short_enough(tmp_path: Path) -> None:
    assert control_socket(Settings(data_dir="/d")) == Path("/d/run/control.sock")
    long = [Settings(data_dir=str(tmp_path / (letter * 120))) for letter in "ab"]
    paths = [control_socket(settings) for settings in long]
    assert all(len(os.fsencode(path)) <= 100 for path in paths)
    assert paths[0] != paths[1]
    assert control_socket(long[0]) == paths[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"TORANA_WEB_SEARCH_PROVIDER": "brave"},
            "`TORANA_WEB_SEARCH_PROVIDER` cannot be `brave` without `web_search_key_",
        ),
        ({"TORANA_WEB_SEARCH_PROVIDER": "searxng"}, "cannot be `searxng` without `web_search_url`"),
        ({"TORANA_WEB_SEARCH_PROVIDER": "altavista"}, "cannot be `altavista`: it must be one of `none`, `brave`"),
        ({"TORANA_WEB_SEARCH_URL": "search.test"}, "`TORANA_WEB_SEARCH_URL` cannot be `search.test`: it must be a URL"),
    ],
)
def test_a_search_provider_needs_all_that_it_needs(values: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        resolve({}, values)


def test_each_search_provider_can_be_set() -> None:
    url, key = {"TORANA_WEB_SEARCH_URL": "https://s.test/search"}, {"TORANA_WEB_SEARCH_KEY_FILE": "key"}
    assert resolve({}, {"TORANA_WEB_SEARCH_PROVIDER": "searxng", **url}).web_search_provider == "searxng"
    assert resolve({}, {"TORANA_WEB_SEARCH_PROVIDER": "brave", **key}).web_search_key_file == "key"


OIDC = {
    "TORANA_OIDC_ISSUER": "https://id.example.com/realm",
    "TORANA_OIDC_CLIENT_ID": "torana",
    "TORANA_OIDC_DEFAULT_ROLE": "viewer",
}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"TORANA_OIDC_ISSUER": "http://id.example.com"}, "it must be a URL that begins with `https://`"),
        ({"TORANA_OIDC_ISSUER": "http://127.0.0.1.evil.example"}, "it must be a URL that begins with `https://`"),
        ({"TORANA_OIDC_ISSUER": "https://me@id.example.com"}, "it must be a URL that begins with `https://`"),
        ({"TORANA_OIDC_CLIENT_ID": ""}, "`TORANA_OIDC_ISSUER` is of no use without `oidc_client_id`"),
        ({"TORANA_OIDC_DEFAULT_ROLE": "none"}, "`TORANA_OIDC_ISSUER` lets nobody in"),
        ({"TORANA_OIDC_DEFAULT_ROLE": "king"}, "it must be one of `none`, `viewer`, `editor`, `owner`"),
        ({"TORANA_OIDC_ROLES": "admins"}, "`TORANA_OIDC_ROLES` cannot be `admins`: it must be roles"),
        ({"TORANA_OIDC_ROLES": "admins=king"}, "`TORANA_OIDC_ROLES` cannot be `admins=king`: it must be roles"),
        ({"TORANA_PUBLIC_URL": "ai.example.com"}, "`TORANA_PUBLIC_URL` cannot be `ai.example.com`: it must be a URL"),
        ({"TORANA_PUBLIC_URL": "https://ai.example.com/torana"}, "it must be a URL without a path"),
    ],
)
def test_a_way_in_that_could_not_work_or_not_safely_is_refused(changed: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as refused:
        resolve({}, OIDC | changed)
    assert message in str(refused.value)


@pytest.mark.parametrize("issuer", ["http://localhost:8080", "http://[::1]:1/realm", "https://id.example.com"])
def test_a_provider_without_tls_is_on_this_machine(issuer: str) -> None:
    assert resolve({}, OIDC | {"TORANA_OIDC_ISSUER": issuer}).oidc_issuer == issuer
