"""`lovebell-tech`: what a technician's laptop needs to make boards into buttons and chimes."""
