"""``python -m bootwatch``."""

from bootwatch.cli import main

main()
