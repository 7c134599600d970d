"""`lovebell demo`: a whole small community on one PC, on real parts."""
