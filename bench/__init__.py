"""The figures: what Torana costs beside nginx, measured in one run."""
