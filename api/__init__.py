"""The top layer: HTTP interface and pages. May import all layers below."""
