"""Run an import: progress, resume points, rejected lines, and interruption."""
