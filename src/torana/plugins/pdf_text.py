"""Reads the text of one PDF, as a process that a stranger's file may harm and nobody else.

`python -m torana.plugins.pdf_text PAGES CHARACTERS MEMORY SECONDS`, the file on standard input. It has no environment,
and is bounded in memory and processor time by itself, and in time by who started it. It writes a `Told` as JSON.
"""

from __future__ import annotations

import io
import json
import logging
import resource
import sys
from typing import NoReturn


def read(data: bytes, most_pages: int, most_characters: int) -> dict[str, object]:
    """`{pages, text}`, or `{error}` for whoever sent the file. `pages` are those that there are."""
    import pypdf  # noqa: PLC0415  # below the bound of memory
    from pypdf.errors import PdfReadError, PyPdfError  # noqa: PLC0415

    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"error": "it needs a password"}
        pages: list[str] = []
        left = most_characters
        for page in reader.pages[:most_pages]:
            text = page.extract_text()
            pages.append(text[:left])
            left -= len(text)
            if left <= 0:
                break
        return {"pages": len(reader.pages), "text": "\n\n".join(pages).strip()}
    except MemoryError:
        return {"error": "it needs too much memory"}
    except RecursionError:
        return {"error": "it is nested too deeply"}
    except (PdfReadError, PyPdfError) as error:
        return {"error": f"it is damaged: {error}"}
    except Exception as error:  # noqa: BLE001  # the reader's own bugs, which strange files find
        return {"error": f"it is damaged ({type(error).__name__})"}


def main() -> NoReturn:
    pages, characters, memory, seconds = map(int, sys.argv[1:])
    logging.disable()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform == "linux":  # elsewhere a process may have mapped more than that before it begins
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    told = read(sys.stdin.buffer.read(), pages, characters)
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    sys.exit(0)


if __name__ == "__main__":
    main()
