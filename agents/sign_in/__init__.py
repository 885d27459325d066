"""How a person or a program proves who they are: tokens, sessions, second factor, lockout."""
