"""What models are known and what they cost, as pure look-ups."""
