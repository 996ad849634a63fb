"""The embedded engine: plans spelled as DuckDB SQL through sqlglot nodes, one function table, no SQL from user text."""
