"""The configured providers, in the order in which they are asked."""

from functools import cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from intelligence.contract.provider import Provider
from intelligence.providers.chain import Chain
from intelligence.services.shop_rows import embedded


def chain() -> Chain:
    """Build the chain for one use; the fitted shop is loaded when the embedded provider is first asked."""
    return Chain(_providers(), settings.AI_ORDER, embedded)


@cache
def _providers() -> tuple[Provider, ...]:
    """The providers of this process, built once because they keep connections."""
    made = (import_string(factory)() for factory in settings.AI_PROVIDERS.values())
    return tuple(provider for provider in made if provider is not None)


def _forget(**kwargs: Any) -> None:
    _providers.cache_clear()


setting_changed.connect(_forget, dispatch_uid="forget_providers")
