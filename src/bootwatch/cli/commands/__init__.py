"""One subcommand a file; each module has a ``register(program)``."""
