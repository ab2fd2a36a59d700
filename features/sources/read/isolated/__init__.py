"""Files of users are parsed in a process of their own, within limits; see docs/decisions/0411."""
