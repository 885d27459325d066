"""The pages that agents work in: the inbox, a ticket, and what their forms lead to."""
