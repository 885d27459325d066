"""Topic alerts: keywords that move matching tickets ahead, saved by an agent for themselves or by a team lead for the team.

A slice: it imports the core of `tickets` and registers what it adds in `apps.py`; the core never imports it.
"""
