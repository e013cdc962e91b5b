"""How callers see us: URL shapes, where keys and options sit, error envelopes, response headers."""
