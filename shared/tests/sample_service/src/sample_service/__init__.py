"""A very small service made of the kit, for tests that need a whole process."""
