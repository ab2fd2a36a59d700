"""What a file of any shape probably is: its header, its table and its columns, as a mapping file to check and keep."""
