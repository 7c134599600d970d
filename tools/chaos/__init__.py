"""`make chaos`: the whole chain of real processes, and everything that can go wrong with it."""
