"""`/api/knowledge-base`: the shop's saved answers in the shape that the single-page app reads.

Every key is there in every answer; an empty list is an answer, too.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.base import AgentRequest, read_body
from agents.api.params import parse_query
from agents.permissions import ANY_METHOD, READING
from intelligence.services import saved_answers
from intelligence.services.saved_answers import MOST, SavedAnswer
from tickets.services.validation import CONTENT_LENGTH

EXCERPT = 200  # characters
USUAL = 5


class LimitParams(serializers.Serializer[Any]):
    limit = serializers.IntegerField(default=USUAL, min_value=1, max_value=MOST)


class SearchParams(LimitParams):
    q = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=CONTENT_LENGTH, help_text="Words, or a whole message."
    )
    query = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=CONTENT_LENGTH, help_text="The same as above."
    )


class SuggestionParams(SearchParams):
    ticket_id = serializers.UUIDField(required=False, default=None, allow_null=True)
    content = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=CONTENT_LENGTH, help_text="The same as `q`."
    )


class ArticleSerializer(serializers.Serializer[Any]):
    """An agent's last answer on a closed ticket, with placeholders for all personal data."""

    id = serializers.UUIDField()
    title = serializers.CharField(help_text="Topics of the answer.")
    content = serializers.CharField(help_text="Names, addresses and everything with digits are placeholders.")
    excerpt = serializers.CharField(help_text="The beginning of `content` on one line.")
    category = serializers.CharField(help_text="The first topic, or other.")
    tags = serializers.ListField(child=serializers.CharField())
    url = serializers.CharField(help_text="The URL in this program.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    relevance = serializers.FloatField(
        required=False, help_text="0 to 1: share of common topics; omitted if nothing was asked."
    )

    def get_fields(self) -> dict[str, Any]:
        # Declared here because a class attribute would hide `Field.source`.
        return {**super().get_fields(), "source": serializers.CharField(help_text="saved_resolution")}


class ArticlesSerializer(serializers.Serializer[Any]):
    """One list of saved answers, repeated under the three keys that clients read."""

    suggestions = ArticleSerializer(many=True)
    articles = ArticleSerializer(many=True)
    results = ArticleSerializer(many=True)
    total = serializers.IntegerField(help_text="Number of items in this answer.")


def article(one: SavedAnswer) -> dict[str, Any]:
    line = " ".join(one.content.split())
    body: dict[str, Any] = {
        "id": one.id,
        "title": one.title,
        "content": one.content,
        "excerpt": line if len(line) <= EXCERPT else line[: EXCERPT - 1].rstrip() + "…",
        "category": one.topics[0] if one.topics else "other",
        "tags": list(one.topics),
        "url": f"/api/knowledge-base/articles/{one.id}",
        "created_at": one.answered_at,
        "updated_at": one.answered_at,
        "source": "saved_resolution",
    }
    if one.relevance is not None:
        body["relevance"] = one.relevance
    return body


def articles(found: Sequence[SavedAnswer]) -> Response:
    listed = [article(one) for one in found]
    return Response({"suggestions": listed, "articles": listed, "results": listed, "total": len(listed)})


def suggestions(request: AgentRequest, values: dict[str, Any]) -> Response:
    """Saved answers for the ticket if one is given, else for the text; an empty list without either."""
    text = (values["query"] or values["q"] or values["content"]).strip()
    if values["ticket_id"] is not None:
        return articles(saved_answers.suggest_answers(request.user, values["ticket_id"], values["limit"]))
    return articles(saved_answers.search_answers(request.user, text, values["limit"]) if text else [])


class SuggestionsView(APIView):
    """Saved answers for a ticket or a text."""

    api_key_methods = ANY_METHOD

    @extend_schema(
        summary="Saved answers for a ticket or a text",
        description="What agents last answered on closed tickets about the same, as far as you may see them, with placeholders "
        "for all that is personal.",
        parameters=[SuggestionParams],
        responses=ArticlesSerializer,
    )
    def get(self, request: AgentRequest) -> Response:
        return suggestions(request, parse_query(SuggestionParams, request))

    @extend_schema(
        summary="The same by POST, for a long text",
        request=SuggestionParams,
        responses=ArticlesSerializer,
    )
    def post(self, request: AgentRequest) -> Response:
        return suggestions(request, read_body(SuggestionParams, request))


class SearchView(APIView):
    """Saved answers that contain the given words."""

    api_key_methods = READING

    @extend_schema(summary="Search saved answers", parameters=[SearchParams], responses=ArticlesSerializer)
    def get(self, request: AgentRequest) -> Response:
        values = parse_query(SearchParams, request)
        text = (values["q"] or values["query"]).strip()
        return articles(saved_answers.search_answers(request.user, text, values["limit"]) if text else [])


class ArticlesView(APIView):
    """The newest saved answers."""

    api_key_methods = READING

    @extend_schema(
        operation_id="knowledge_base_articles_list",
        summary="The newest saved answers",
        parameters=[LimitParams],
        responses=ArticlesSerializer,
    )
    def get(self, request: AgentRequest) -> Response:
        return articles(saved_answers.list_answers(request.user, parse_query(LimitParams, request)["limit"]))


class ArticleView(APIView):
    """One saved answer."""

    api_key_methods = READING

    @extend_schema(summary="One saved answer", responses=ArticleSerializer)
    def get(self, request: AgentRequest, article_id: UUID) -> Response:
        found = saved_answers.find_answer(request.user, article_id)
        if found is None:
            raise Http404
        return Response(article(found))


urlpatterns = [
    path("knowledge-base/suggestions", SuggestionsView.as_view(), name="knowledge-suggestions"),
    path("knowledge-base/search", SearchView.as_view(), name="knowledge-search"),
    path("knowledge-base/articles", ArticlesView.as_view(), name="knowledge-articles"),
    path("knowledge-base/articles/<uuid:article_id>", ArticleView.as_view(), name="knowledge-article"),
]
