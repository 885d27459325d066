"""Assign tickets: by hand, as the next of the queue, and automatically."""
