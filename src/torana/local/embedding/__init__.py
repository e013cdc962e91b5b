"""A small sentence-embedding model (MiniLM-L6), with numpy alone."""
