"""What customers and agents say, by topic and language, and how it becomes messages."""
