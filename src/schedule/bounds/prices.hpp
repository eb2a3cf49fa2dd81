// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "least_times.hpp"

namespace h2h::bounds {

/// Which arguments a bound by prices may use.
struct Arguments {
  bool paths = true;
  bool loads = true;
  bool links = false;  ///< shared links: only for schedules in which transfers share them
};

/// A latency that no mapping can beat, and the weight of each argument in its proof; weights add up to 1.
struct PricedBound {
  double latency_s = 0;
  double paths = 0;
  double loads = 0;
  double links = 0;
};

/// Lower bound by Lagrangian relaxation.
///
/// The latency is at least the length of every path, the load of every accelerator, what runs on an
/// accelerator before a join plus the longest path from there, and the bytes over a shared link by its rate.
/// So it is at least any weighted mean of these: a sum of what each slot, transfer and pinned byte of a
/// mapping uses, at prices that follow from the weights. The cheapest choice at these prices (AssignmentTree)
/// is a bound, whatever the weights; they are improved by a Frank-Wolfe iteration on a softened maximum,
/// which needs no solver. What it tends to is the linear relaxation of the assignment: for loads alone that
/// of unrelated machines (Lenstra, Shmoys and Tardos, Math. Program. 46, 1990).
PricedBound bound_by_prices(const Slots& slots, const Windows& windows, Arguments arguments);

}  // namespace h2h::bounds
