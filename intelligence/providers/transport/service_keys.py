"""The names under which the shared cache keeps what all processes know of the AI services."""

from django.core.cache import cache


def service_key(name: str) -> str:
    """The service's key in Redis."""
    return cache.make_key(f"service:{name}")
