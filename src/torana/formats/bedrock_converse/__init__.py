"""Amazon Bedrock Converse and ConverseStream."""

from torana.formats.bedrock_converse.passing import FORMAT

__all__ = ["FORMAT"]
