"""What all tests share."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# What fails in there says why too.
pytest.register_assert_rewrite("matrix")

# Threads of numpy's would spin for the cores that other tests want; a real server gives them one as well.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine is no finding: examples may take their time. They are the same each time; others are tried with
# `pytest --hypothesis-profile=explore`.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("torana", settings.get_profile("explore"), derandomize=True, database=None)
settings.load_profile("torana")

# A shell starts what runs in its background with Ctrl-C ignored, and children inherit that: here it must work.
signal.signal(signal.SIGINT, signal.default_int_handler)
