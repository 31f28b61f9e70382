"""Who may do what where: actors, scopes, resources."""
