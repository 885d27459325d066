"""A ticket's page: the conversation, the composer, and the ticket's properties."""
