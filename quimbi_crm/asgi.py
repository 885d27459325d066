"""The door for web servers: `gunicorn quimbi_crm.asgi:application -k asgi`."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quimbi_crm.settings")
django_application: Any = get_asgi_application()

from quimbi_crm.checks import refuse_to_start_misconfigured  # noqa: E402  needs the settings above
from quimbi_crm.middleware import limit_body  # noqa: E402

refuse_to_start_misconfigured()
application = limit_body(django_application)
