"""The commands; each file is one of them."""
