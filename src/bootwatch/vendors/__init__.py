"""Vendor knowledge: one folder per operating system, and recognising whose message this is."""

from bootwatch.vendors.profile import aliases, profiles
from bootwatch.vendors.recognise import Recognised, Recogniser, recognise

__all__ = ["Recognised", "Recogniser", "aliases", "profiles", "recognise"]
