# SPDX-License-Identifier: Apache-2.0
"""Studies of the network, from their files to tables and plots: see the README.md of each."""
