"""A customer's page: contacts, orders and tickets."""
