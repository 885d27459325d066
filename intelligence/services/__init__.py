"""What intelligence does with the records: gathers facts, fits the shop, keeps profiles."""
