"""Where alerts go, one file for each kind; found by looking in this folder."""
