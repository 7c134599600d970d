"""What the gateway shows in a browser."""
