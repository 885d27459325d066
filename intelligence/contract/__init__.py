"""The value types and failures that both sides of a provider use."""
