# SPDX-License-Identifier: Apache-2.0
"""The evaluation of the H2H paper (section 5), by h2h-sim, beside what the paper reports."""
