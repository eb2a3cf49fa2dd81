// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "least_times.hpp"

namespace h2h::bounds {

/// Why `exact_bound()` is no use for a problem, to follow "exact"; empty: it is.
std::string why_not_exact(const Slots& slots);

/// The least latency of all valid mappings with fusion of any scope, by branch and bound over complete
/// schedules: layers are placed in the order of their starts, each on one of its accelerators, with or
/// without its weights pinned and its output stored, as long as the critical path of what is left may beat
/// the best.
/// @pre why_not_exact() is empty
/// @param upper_s latency of a valid mapping
/// @returns nothing if the deadline comes before the search is complete
std::optional<double> exact_bound(const Slots& slots, const Windows& windows, double upper_s,
                                  std::chrono::steady_clock::time_point deadline);

}  // namespace h2h::bounds
