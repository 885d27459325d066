"""What a customer's order history says about the next one: published models, in plain arithmetic, without Django."""
