"""What the doorbell decides, and nothing else: no clock, no disk, no network, no randomness."""
