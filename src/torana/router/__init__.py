"""`/api/v1/…` in a worker: OpenRouter's unified interface over whatever the operator's keys reach."""
