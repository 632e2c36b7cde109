"""Results: figures of score files, tables, pictures, and what others published."""
