"""The pages where people prove who they are: signing in, a forgotten password, an invitation, a second factor."""
