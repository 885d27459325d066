"""Check and clean what a remote service wrote, and keep personal data from it."""
