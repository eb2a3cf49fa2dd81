# SPDX-License-Identifier: Apache-2.0
"""Quantities as h2h-sim and SimGrid write them. Values are fractions, so that shares of a bandwidth are exact."""

import re
from fractions import Fraction

from . import Refused

RATES_BPS = {prefix + unit: factor / bits
             for prefix, factor in {"": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6),
                                    "G": Fraction(10**9), "T": Fraction(10**12)}.items()
             for unit, bits in {"Bps": 1, "bps": 8}.items()}
TIMES_S = {"s": Fraction(1), "ms": Fraction(1, 10**3), "us": Fraction(1, 10**6), "ns": Fraction(1, 10**9)}

_NUMBER = re.compile(r"(\d{1,30}(?:\.\d{0,30})?(?:e[+-]?\d{1,2})?) ?([A-Za-z]*)")


def parse_rate(option, text):
    """Bytes a second, more than zero.

    Raises Refused, naming the option, for anything else, a bare number included.
    """
    value = _parse(text, RATES_BPS)
    if not value:
        raise Refused(f"{option} '{text}'; give a positive number with a unit: Bps, kBps, MBps, GBps, Mbps or Gbps, "
                      "such as 1.25GBps")
    return value


def parse_time(option, text):
    """Seconds, zero or more.

    Raises Refused, naming the option, for anything else, a bare number included.
    """
    value = _parse(text, TIMES_S)
    if value is None:
        raise Refused(f"{option} '{text}'; give a number, zero or more, with a unit: s, ms, us or ns, such as 50us")
    return value


def parse_ratio(option, text):
    """A number greater than zero. Raises Refused, naming the option, for anything else."""
    value = _parse(text, {"": Fraction(1)})
    if not value:
        raise Refused(f"{option} '{text}'; give a number greater than zero, such as 4")
    return value


def _parse(text, units):
    match = _NUMBER.fullmatch(text)
    if match is None or match[2] not in units:
        return None
    return Fraction(match[1]) * units[match[2]]


def format_rate(rate_Bps):
    return f"{float(rate_Bps / 10**9):.12g}GBps"


def format_time(time_s):
    return f"{float(time_s * 10**6):.12g}us"
