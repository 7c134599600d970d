"""The way of a message to people who have no chime: channels, and the services behind them."""
