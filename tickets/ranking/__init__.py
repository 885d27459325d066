"""The order of tickets: the score, its weights, the list and the queue that are sorted by it."""
