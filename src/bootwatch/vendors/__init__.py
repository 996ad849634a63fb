"""Vendor knowledge: one folder per operating system; whose message this is, and what it says."""

from bootwatch.vendors.extract import Extractor
from bootwatch.vendors.profile import aliases, profiles
from bootwatch.vendors.recognise import Recognised, Recogniser, recognise

__all__ = ["Extractor", "Recognised", "Recogniser", "aliases", "profiles", "recognise"]
