"""The version of bnnc, and where its documentation is published."""

VERSION = "0.1.0"

SITE: str | None = None
"""Address of the published documentation, with a slash at its end; None while it has none.

It begins the `$id` of the JSON Schema, and is `site_url` of zensical.toml and a URL of the package.
"""
