"""The overview for team leads: charts and figures of a period."""
