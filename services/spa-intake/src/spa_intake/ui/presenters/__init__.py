"""From facts to the words, dates and shapes that staff read."""
