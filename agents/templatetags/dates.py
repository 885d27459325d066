"""`agents.common.dates` in templates: {{ order.placed_at|day }}."""

from django.template import Library

from agents.common import dates

register = Library()
for told in (dates.day, dates.short_day, dates.weekday, dates.moment, dates.weekday_moment):
    register.filter(told.__name__, told)
