"""Sign-in with the provider of an office (OpenID Connect), and links that sign a browser in once."""
