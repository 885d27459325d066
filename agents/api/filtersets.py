"""The base of the filters of the API's lists: django-filter's FilterSets, with parameters that REST framework's fields check.

django-filter checks parameters with Django's form fields. Their answers differ from those of the rest of the API: they treat an
empty value as not given, ignore a truth value that they do not know, and have sentences of their own.
"""

from functools import cached_property
from typing import Any, Self

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django_filters import Filter, FilterSet
from rest_framework import serializers
from rest_framework.fields import SkipField, empty
from rest_framework.request import Request

from agents.api.params import PageParams


class RuleField(forms.Field):
    """A form field that a REST framework field validates. The value is None if the parameter is missing."""

    def __init__(self, *, rule: serializers.Field[Any, Any, Any, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rule = rule

    def clean(self, value: Any) -> Any:
        try:
            return self.rule.run_validation(empty if value is None else value)
        except SkipField:
            return None
        except serializers.ValidationError as error:
            raise forms.ValidationError(list(error.detail)) from None


class Parameter(Filter):
    """A query parameter that `rule` checks. It filters by the column of its name, or by the FilterSet's `method`."""

    field_class = RuleField

    def __init__(self, rule: serializers.Field[Any, Any, Any, Any], method: str | None = None) -> None:
        super().__init__(method=method, label="", rule=rule)


class ListFilters(FilterSet):
    """Filters of a list. Unknown parameters are ignored; a wrong value of a known one is an error."""

    @classmethod
    def read(cls, request: Request, records: QuerySet[Any]) -> Self:
        """The filters with the request's values; `qs` is the filtered part of `records`.

        Raises REST framework's `ValidationError`.
        """
        filters = cls(QueryDict(request.META.get("QUERY_STRING", "")), records)
        if errors := filters.messages():
            raise serializers.ValidationError(errors)
        return filters

    @classmethod
    def parameters(cls) -> type[serializers.Serializer[Any]]:
        """The parameters, for the OpenAPI document."""
        rules = {name: parameter.extra["rule"] for name, parameter in cls.base_filters.items()}
        return type(cls.__name__, (serializers.Serializer,), rules)

    @property
    def values(self) -> dict[str, Any]:
        """The value of each parameter; None if it is missing and has no default."""
        return self.form.cleaned_data

    def messages(self) -> dict[str, list[Any]]:
        """What is wrong, by parameter."""
        return {name: list(map(str, errors)) for name, errors in self.errors.items()}


class PageFilters(ListFilters):
    """Filters of a list that is answered in pages."""

    @cached_property
    def _page(self) -> PageParams:
        page = PageParams(data=QueryDict.dict(self.data))  # type: ignore[arg-type]  # `data` is a QueryDict
        page.is_valid()
        return page

    @property
    def page(self) -> dict[str, int]:
        """`limit` and `page`."""
        return dict(self._page.validated_data)

    def messages(self) -> dict[str, list[Any]]:
        return {**self._page.errors, **super().messages()}
