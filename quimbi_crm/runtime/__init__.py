"""Runs the program on one machine: the embedded servers, their one owner, and the processes of the Procfile.

Nothing in here imports Django: the launcher works before the settings do, and the settings import `urls`.
"""
