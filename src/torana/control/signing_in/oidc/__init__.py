"""Signing in through a provider of OpenID Connect (Core 1.0, Discovery 1.0), by code and PKCE."""
