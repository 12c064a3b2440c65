"""Pure rules: facts, lines, offers and what should be done about them."""
