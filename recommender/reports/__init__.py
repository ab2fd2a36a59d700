"""Files for people: workbooks to fill in and to take away."""
