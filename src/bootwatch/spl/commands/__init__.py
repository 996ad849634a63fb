"""One command a file, its cases beside it; found by looking in this folder."""
