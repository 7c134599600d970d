"""What each event does, by who brings it about. Which rule applies when stands in `course`."""
