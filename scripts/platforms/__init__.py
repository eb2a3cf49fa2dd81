# SPDX-License-Identifier: Apache-2.0
"""Generates SimGrid platforms of common topologies for h2h-sim; see platforms/README.md.

    units          quantities with units, exactly
    accelerators   which accelerator each FPGA is
    topologies     switches, links and paths
    document       the XML
    __main__       the command line
"""


class Refused(Exception):
    """What was asked for cannot be; the message says why, and what could."""

    USAGE = 2
    INPUT = 3

    def __init__(self, message, status=USAGE):
        super().__init__(message)
        self.status = status
