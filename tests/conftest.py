"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")
