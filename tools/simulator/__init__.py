"""A community on one PC: a private broker and boards that run the real firmware."""
