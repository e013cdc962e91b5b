"""The control plane's part of the router: OpenRouter's API below `/api/v1`, but for inference."""
