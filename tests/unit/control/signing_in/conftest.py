from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from torana.control.audit import Actor
from torana.control.operations import Store, ensure_default, open_store
from torana.settings import Settings
from unit.control.signing_in.people import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = open_store(Settings(data_dir=str(tmp_path)))
    yield msgspec.structs.replace(opened, now_ms=clock, actor=Actor("CLI", "root", "root"))
    opened.close()


@pytest.fixture
def account(store: Store) -> str:
    return ensure_default(store).id
