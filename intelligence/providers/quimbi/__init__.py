"""The Quimbi AI service: its documents, its old client and its server disagree, so every shape of theirs is read."""
