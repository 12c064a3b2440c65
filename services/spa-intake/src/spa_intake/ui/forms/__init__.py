"""Forms: what they ask, how raw values are checked, and the sentence for each mistake."""
