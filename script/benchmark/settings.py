"""The program's settings, and one address more: the constant view that is the floor of every measurement."""

from quimbi_crm.settings import *  # noqa: F403  all settings, of which one is overridden

ROOT_URLCONF = "script.benchmark.urls"
