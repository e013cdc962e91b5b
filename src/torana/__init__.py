"""Torana: a self-hosted AI gateway and model router."""

__version__ = "0.1.0"
