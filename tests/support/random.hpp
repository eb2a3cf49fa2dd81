// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include <h2h/mapping/mapping.hpp>
#include <h2h/platform/system.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h::test {

using Random = std::mt19937_64;

/// A whole number from @p least to @p most, the same on every machine (std::uniform_int_distribution is not).
std::int64_t draw(Random& random, std::int64_t least, std::int64_t most);
bool chance(Random& random, double probability);

struct WorkloadShape {
  int least_layers = 1;
  int most_layers = 30;
  double residuals = 0.2;  ///< probability that a layer has one
  int most_inputs = 3;
  std::int64_t largest_size = 40;
};

/// A random DAG of layers of all types, shapes unchecked.
Workload random_workload(Random& random, const WorkloadShape& shape = {});

/// Independent copies of a random workload, with all its modalities on, one behind the other, and their
/// mapping: each copy behind the ones before it on every accelerator.
Workload several_times(const Workload& workload, std::size_t times);
Mapping several_times(const Mapping& mapping, std::size_t times);

/// A platform of FPGAs on one or two switches; every FPGA's port is its own, uplink and host port are wide
/// enough for all of them together unless @p contended.
std::string random_platform_xml(Random& random, int fpgas, bool contended = false);

/// A platform of FPGAs whose links limit each transfer by itself, so that nothing contends, whoever transfers
/// what to whom.
std::string random_uncontended_xml(Random& random, int fpgas);

/// FPGAs without SimGrid: routes of their own, no shared links; between two FPGAs one's way up and the
/// other's way down.
PlatformDescription random_description(Random& random, int fpgas);

/// Makes the FPGAs accelerators with random models, widths and memories; the first runs every type.
/// @param tight memories are so small that pins and fusions compete
System random_system(Random& random, const PlatformDescription& platform, bool tight = false);

/// A random complete mapping: any valid orders, some pins and fusions, within the memories.
Mapping random_mapping(Random& random, const Problem& problem);

}  // namespace h2h::test
