"""The program's settings, and one address more: the constant view that is the floor of every measurement."""

from quimbi_crm.settings import *  # noqa: F403  these are the settings, with one changed

ROOT_URLCONF = "script.benchmark.urls"
