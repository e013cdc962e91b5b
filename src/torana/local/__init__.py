"""A real model with no key: a small chat model in a child process."""
