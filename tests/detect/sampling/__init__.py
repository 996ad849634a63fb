"""Writes the bundled sample logs: an afternoon of ordinary noise with one image replacement and one audit in it.

The same seed gives the same bytes. Message forms are the vendors' own (``content/samples/README.md`` names where each
is shown); hosts, accounts and addresses are invented. Proportions are those of an access switch, a router that logs its
access lists, a branch firewall.
"""

from __future__ import annotations

from random import Random

from tests.detect.sampling.cisco import cisco
from tests.detect.sampling.junos import junos
from tests.detect.sampling.panos import panos

SEED = 1601


def logs() -> dict[str, str]:
    """File name to content."""
    return {"cisco_ios.log": cisco(Random(SEED)), "junos.log": junos(Random(SEED)), "panos.log": panos(Random(SEED))}
