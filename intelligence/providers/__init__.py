"""What can be asked about customers and conversations, and who answers: the embedded provider now, services beside it."""
