"""Benchmarks that anyone can run: `python -m bench`, or `make bench`."""
