// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "least_times.hpp"

namespace h2h::bounds {

/// The least latency of all valid mappings with fusion of any scope, by branch and bound over complete
/// schedules: layers are placed in the order of their starts, each on one of its accelerators, with or
/// without its weights pinned and its output stored, as long as the critical path of what is left may beat
/// the best.
/// @param upper_s latency of a valid mapping
/// @returns nothing if the time is up before the search is complete
std::optional<double> exact_bound(const Slots& slots, const Windows& windows, double upper_s, double time_s);

}  // namespace h2h::bounds
