"""What the board runs after boot.py: the role that config.json names."""

from bell import app

app.main()
