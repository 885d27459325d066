"""Where the service can be asked."""

ANALYZE, MESSAGE, ACTIONS = "/api/intelligence/analyze", "/api/generation/message", "/api/generation/actions"
CHAT, MODELS = "/v1/chat/completions", "/v1/models"
OF_MODELS = (CHAT, MODELS)
