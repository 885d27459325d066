"""`/api/agents`: signing in and out, who one is, the team, and API keys."""
