// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <h2h/cost/problem.hpp>

namespace h2h {

/// A latency that no valid mapping can beat, and which argument gives it.
struct Bound {
  double latency_s = 0;
  std::string kind;
};

/// The heaviest path of the workload, each layer on the accelerator that suits the path best: computation,
/// weights that fit no DRAM share, and for each change of accelerator the tensor out and in. Dynamic
/// programming over layer x kind of accelerator; exact for a chain with enough DRAM.
Bound critical_path_bound(const Problem& problem);

/// Least seconds from the end of a layer's computation to the end of the network, by layer and kind of the
/// accelerator that it is on (a row a layer), whatever the mapping of the rest.
std::vector<double> least_tails_s(const Problem& problem);

/// The work of all layers of a group, each where it is done fastest with everything local, spread evenly over
/// the accelerators that run any of them; the heaviest such group.
Bound load_bound(const Problem& problem);

/// The larger of both.
Bound best_bound(const Problem& problem);

}  // namespace h2h
