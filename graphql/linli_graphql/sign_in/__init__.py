"""Signing in by OpenID Connect: the provider, what it says, and the browser that goes there and back."""
