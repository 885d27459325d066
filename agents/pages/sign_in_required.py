"""Pages for signed-in agents only: a visitor is sent to the sign-in page and back afterwards."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django_htmx.http import HttpResponseClientRedirect

from agents.models import Agent

View = Callable[..., HttpResponse]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page and back afterwards; for htmx requests as a full page load."""
    asked = getattr(request, "htmx", None)
    if not asked:
        return redirect_to_login(request.get_full_path())
    return HttpResponseClientRedirect(redirect_to_login(_page_of(asked)).url)


def _page_of(asked: Any) -> str:
    """The page that htmx reports as current; `/` if it is missing or of another site."""
    try:
        return asked.current_url_abs_path or "/"
    except ValueError:
        return "/"


def signed_in_only(view: View) -> View:
    """Decorator for pages of signed-in agents; not cached, and typed values are hidden in error reports."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, Agent):
            return to_sign_in(request)
        return view(request, *args, **kwargs)

    return never_cache(sensitive_post_parameters()(guarded))


def signed_in_agent(request: HttpRequest) -> Agent:
    """The agent of a page that only signed-in agents may open."""
    return cast(Agent, request.user)
