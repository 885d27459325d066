"""The tickets' pages with what is known of customers."""
