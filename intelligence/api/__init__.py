"""What we know and suggest, as the API answers it."""
