"""Call a service over HTTP: connections, retries, circuit breaker, answer cache, and metrics."""
