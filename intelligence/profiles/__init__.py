"""Customer profiles: what a history means in this shop, in figures and in sentences. Nothing here reads or writes records."""
