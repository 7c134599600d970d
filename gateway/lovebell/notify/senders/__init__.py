"""The senders of the house, a module each; `lovebell.notify.sender` knows them by name."""
