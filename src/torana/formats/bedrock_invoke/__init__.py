"""Amazon Bedrock InvokeModel: each model's own body, and streams of them in base64 in frames."""

from torana.formats.bedrock_invoke import claude, nova
from torana.formats.bedrock_invoke.passing import FORMAT

__all__ = ["FORMAT", "claude", "nova"]
