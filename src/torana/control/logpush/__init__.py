"""Logs pushed elsewhere as they come: jobs, what they send, and where to (cloudflare.md 8.5)."""
