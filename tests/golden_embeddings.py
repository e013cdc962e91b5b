"""The cases in `tests/golden/embeddings/<name>`, the names being those of `EMBEDDINGS`.

A case is a folder, as those of `golden_cases` are: `request.json`, `reply.json`, `error.json` beside what is expected
of each, and `about.json`, which may say {"provider", "request", "model"}. `make golden` writes what is expected anew.
"""

from __future__ import annotations

import json
from pathlib import Path

from msgspec import Struct

from golden_cases import ID, ROOT, plain
from torana.errors import CallerError
from torana.formats.embeddings.translation import EmbeddingsTranslator
from torana.formats.embeddings.translators import EMBEDDINGS
from torana.formats.json import Json
from torana.formats.translation import Brief, Turn

FOLDER = ROOT / "embeddings"


class EmbeddingsCase(Struct, frozen=True):
    folder: Path
    translator: EmbeddingsTranslator

    def __str__(self) -> str:
        return "/".join(self.folder.parts[-2:])

    def read(self, name: str) -> Json:
        found = json.loads((self.folder / name).read_text())
        assert isinstance(found, dict)
        return found

    @property
    def about(self) -> Json:
        return self.read("about.json") if (self.folder / "about.json").exists() else {}

    @property
    def turn(self) -> Turn:
        request = self.about.get("request", {})
        assert isinstance(request, dict)
        return Turn(ID, 1_700_000_000, str(self.about.get("model", "a-model")), request, request)


def embeddings_cases() -> list[EmbeddingsCase]:
    return [
        EmbeddingsCase(path, translator)
        for name, translator in EMBEDDINGS.items()
        for path in sorted((FOLDER / name).glob("*"))
        if path.is_dir()
    ]


def _request(case: EmbeddingsCase) -> object:
    brief = Brief(str(case.about.get("provider", "")))
    try:
        made: Json = {"body": plain(case.translator.request_from_openai(case.read("request.json"), brief))}
    except CallerError as error:
        return {"error": error.message}
    return {**made, "dropped": sorted(brief.dropped)} if brief.dropped else made


def _reply(case: EmbeddingsCase) -> object:
    return plain(case.translator.reply_to_openai(case.read("reply.json"), case.turn))


def _error(case: EmbeddingsCase) -> object:
    given = case.read("error.json")
    status, body = given["status"], given["body"]
    assert isinstance(status, int)
    failure = case.translator.error_to_openai(
        status, body.encode() if isinstance(body, str) else json.dumps(body).encode()
    )
    return {name: value for name in failure.__struct_fields__ if (value := getattr(failure, name))}


def embeddings_expectations(case: EmbeddingsCase) -> dict[str, str]:
    """What stands in the files beside what is given, by their names."""
    turned = (("request", _request), ("reply", _reply), ("error", _error))
    return {
        f"{name}.expected.json": json.dumps(translate(case), indent=2, ensure_ascii=False) + "\n"
        for name, translate in turned
        if (case.folder / f"{name}.json").exists()
    }


def rewrite_embeddings() -> None:
    for case in embeddings_cases():
        made = embeddings_expectations(case)
        for path in case.folder.glob("*.expected.*"):
            if path.name not in made:
                path.unlink()
        for name, written in made.items():
            (case.folder / name).write_text(written)
