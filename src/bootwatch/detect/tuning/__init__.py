"""What keeps findings few without hiding the truth: changes, management systems, the inventory, and exceptions."""

from bootwatch.detect.tuning.inventory import Device
from bootwatch.detect.tuning.tuning import Tuning

__all__ = ["Device", "Tuning"]
