"""The exports of known shops and help desks, mapped to this program's records."""
