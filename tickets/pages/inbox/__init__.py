"""The inbox: the ticket list with its filters, search and bulk actions."""
