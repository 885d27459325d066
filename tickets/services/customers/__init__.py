"""Write customers, and decide which record a person's details belong to."""
