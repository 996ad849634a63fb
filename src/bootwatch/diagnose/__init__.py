"""What given logs can show: their sources and devices, the acts on images they miss, and how to switch those on."""

from bootwatch.diagnose.diagnosis import Advice, Device, Diagnosis, Present, diagnose, query
from bootwatch.diagnose.facts import Act, LogSource, Platform, Said, load

__all__ = [
    "Act",
    "Advice",
    "Device",
    "Diagnosis",
    "LogSource",
    "Platform",
    "Present",
    "Said",
    "diagnose",
    "load",
    "query",
]
