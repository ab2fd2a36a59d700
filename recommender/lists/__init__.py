"""Lists of courses for teachers and schools, and their reasons."""
