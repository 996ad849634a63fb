"""bootwatch: has somebody tampered with the operating system of this network device?

The public Python surface is ``search``, ``scan`` and ``check``; everything else is private. Importing this package
loads no engine: the heavy libraries are imported where a search first needs them.
"""

from __future__ import annotations

__version__ = "0.1.0"
