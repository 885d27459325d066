"""The program's settings, and one more: audit entries keep the request id that the client sent.

So the verification finds what each request has written, also of requests that got no answer.
"""

from quimbi_crm.settings import *  # noqa: F403  Django's way to extend settings

DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
