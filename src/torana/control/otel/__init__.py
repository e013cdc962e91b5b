"""Traces over OTLP/HTTP: spans of what the ingester stores, sent to collectors."""
