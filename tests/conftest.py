"""What all tests share."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is no finding: examples may take their time.
settings.register_profile("torana", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("torana")
