"""The rules of triage: pure, standard library and the kit's values only."""
