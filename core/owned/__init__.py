"""How columns that people bring come to be: by a Python file of theirs, a SQL expression, a Parquet file."""
