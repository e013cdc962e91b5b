"""Was this asked before in other words? What of it is pure: reading prompts, the guard, the index."""
