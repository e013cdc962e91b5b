"""LLM wire formats as pure functions: no I/O, no clock."""
