"""What bootwatch offers over HTTP."""
