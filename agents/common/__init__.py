"""What every app uses and what has nothing to do with accounts. Nothing here imports the rest of `agents`."""
