"""`script/bench`: how fast the program is, beside the architecture it replaces and beside a view that does nothing.

The command itself does not import Django, as the launcher does not: what needs the program's own code runs in `inside.py`.
"""
