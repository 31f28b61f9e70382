"""The GraphiQL console, served whole from this package: no CDN, no font or script from elsewhere."""

from linli_graphql.console.page import console_routes

__all__ = ["console_routes"]
