"""Messages are taken in: files and folders here, listeners later."""
