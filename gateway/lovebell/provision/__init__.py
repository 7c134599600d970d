"""How devices come by their identities."""
