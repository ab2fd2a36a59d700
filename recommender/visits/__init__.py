"""Which further evidence on teachers is worth most within a budget of visits: values, allocation, counts for offices."""
