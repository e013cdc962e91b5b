"""What keeps the embedded model from running here, in words."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from torana.local import requirements
from torana.local.requirements import status
from torana.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

ENOUGH = "processor\t: 0\nflags\t\t: fpu fma avx avx2 f16c bmi1 bmi2\n"


def test_a_missing_extra_says_how_to_install_it() -> None:
    assert "pip install 'torana[local]'" in requirements._missing_extra("no_such_module_anywhere")
    assert requirements._missing_extra("json") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/cpuinfo")
def test_a_processor_without_the_instructions_is_told_apart(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(ENOUGH)
    assert requirements._missing_instructions(cpuinfo, "x86_64") == ""
    cpuinfo.write_text(ENOUGH.replace(" avx2", "").replace(" bmi2", ""))
    assert "lacks AVX2, BMI2" in requirements._missing_instructions(cpuinfo, "x86_64")
    assert requirements._missing_instructions(cpuinfo, "aarch64") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/cpuinfo")
def test_where_the_processor_is_not_described_it_is_tried(tmp_path: Path) -> None:
    assert requirements._missing_instructions(tmp_path / "absent", "x86_64") == ""
    (tmp_path / "odd").write_text("processor : 0\n")
    assert requirements._missing_instructions(tmp_path / "odd", "x86_64") == ""


def test_status_tells_a_server_a_file_and_nothing_apart(tmp_path: Path) -> None:
    server = status(Settings(data_dir=str(tmp_path), providers={"local": "http://h:1"}))
    assert (server.kind, server.where, server.problem) == ("server", "http://h:1", "")
    (tmp_path / "A.gguf").write_bytes(b"GGUF")
    file = status(Settings(data_dir=str(tmp_path), local_model=str(tmp_path / "A.gguf")))
    assert (file.kind, file.where, file.model) == ("embedded", str(tmp_path / "A.gguf"), "a")
    none = status(Settings(data_dir=str(tmp_path), local_model=str(tmp_path / "B.gguf")))
    assert none.kind == "none"
    assert "cannot be read" in none.problem
