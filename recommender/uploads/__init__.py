"""Files that people bring to the page: kept apart until they are confirmed, looked at and imported by a process of their own."""
