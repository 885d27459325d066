"""Tools for developers; the program imports nothing from here."""
