"""Builds the dashboard into the package where it is missing and npm is there; else the package goes without it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_STATIC = Path("src", "torana", "control", "dashboard", "static")


class DashboardHook(BuildHookInterface[Any]):
    """For wheels and source distributions; an editable install is served from `dashboard/` by `make dashboard`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        source, built = Path(self.root, "dashboard"), Path(self.root, _STATIC, "index.html")
        if version == "editable" or built.exists() or not source.is_dir():
            return
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning("npm is not here: this package is without its dashboard")
            return
        for command in (["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=source, check=True)  # noqa: S603  # no shell, our own words
