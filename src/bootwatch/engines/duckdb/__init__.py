"""The embedded engine: plans spelled as DuckDB SQL fragment by fragment, one function table, no SQL from user text."""
