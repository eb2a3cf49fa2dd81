// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace h2h {

/// A choice of items and whether it is known to be the best.
struct KnapsackChoice {
  std::vector<char> taken;  ///< by item
  std::int64_t total = 0;
  bool exact = true;
};

/// The heaviest subset of items that fits: the knapsack of step 2 (section 4.2), where an item's worth is its
/// size. Exact by branch and bound, then by dynamic programming over multiples of the sizes' common divisor;
/// only where both would take too long, the best found within @p node_limit nodes.
KnapsackChoice heaviest_subset(std::span<const std::int64_t> sizes, std::int64_t capacity,
                               std::uint64_t node_limit = 1000000);

/// The same by dynamic programming alone. Of equally heavy subsets it leaves later items out, as the authors'
/// release does.
/// @pre capacity times number of items is small enough for a table of as many bits
KnapsackChoice heaviest_subset_by_table(std::span<const std::int64_t> sizes, std::int64_t capacity);

}  // namespace h2h
