"""Django's admin with our site in place of its own. Beside `apps.py`, where Django would find two configurations for one app."""

from django.contrib.admin.apps import AdminConfig


class QuimbiAdminConfig(AdminConfig):
    default_site = "agents.admin_site.QuimbiAdminSite"
