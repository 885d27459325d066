"""Write messages and notes, replies that can be undone, composer drafts, and read marks."""
