"""Files from elsewhere: customers, orders and tickets as CSV or JSON lines, written by the services like everything else."""
