// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/platform/description.hpp>

namespace h2h {

/// Position of an accelerator in its system, in the order of hosts in the platform from 0.
using AcceleratorIndex = std::uint32_t;

/// An FPGA of the platform with the accelerator that it is configured as.
struct Accelerator {
  std::string name;  ///< of the SimGrid host
  AcceleratorType type;
  Route from_host;
  Route to_host;
  std::int64_t dram_bytes = 0;           ///< M_acc
  std::int64_t weight_budget_bytes = 0;  ///< the part of it for pinned weights
  double active_W = 0;
  double idle_W = 0;
};

/// The heterogeneous system of section 3 of the paper: accelerators, each with a route to the host node.
struct System {
  std::string name;
  std::string host;
  IfmExtent ifm_extent = IfmExtent::input;
  std::vector<Accelerator> accelerators;
  std::vector<Link> links;
  PeerRoutes peers;  ///< between the accelerators, if they were asked for: of direct activations
  /// Settings by which the user changes SimGrid's model: transfers may then be quicker than their routes say,
  /// and nothing analytic bounds a replay.
  std::vector<std::string> model_settings;

  std::vector<std::string> accelerator_names() const;
};

/// Properties of hosts that mean something to h2h-sim.
const std::vector<std::string>& host_properties();

/// Draws the accelerators of a platform from a catalogue; properties of a host override its entry.
/// @throws Error (input) for an unknown accelerator or a property that cannot be
System make_system(const PlatformDescription& platform, const Catalogue& catalogue);

/// Warning where links shared by host routes of unequal latency would be shared unequally: SimGrid's CM02
/// gives each flow a part in inverse proportion to its latency. Empty if all is well.
std::string unequal_latency_warning(const System& system);

/// Warning where settings change SimGrid's model. Empty if none does.
std::string changed_model_warning(const System& system);

}  // namespace h2h
