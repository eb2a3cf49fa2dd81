// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <h2h/base/error.hpp>
#include <h2h/platform/platform_xml.hpp>
#include <h2h/simulation/simulator.hpp>

#include "simgrid_compat.hpp"

namespace h2h {

/// What is said of a `--cfg` or `--log` that SimGrid does not take.
Error refused_option(const std::string& why);

/// SimGrid with a platform loaded, in the process that it has to itself: there can be one in a process, and
/// it lasts as long.
class SimGridEngine {
 public:
  /// @throws Error (usage) if SimGrid refuses an option; on some it aborts
  explicit SimGridEngine(const SimulatorOptions& options);

  /// Loads a platform, once.
  /// @param platform its name, for messages; @p copy is where it is loaded from
  /// @param xml what the checked file says of the platform beyond what SimGrid keeps
  /// @param options its bandwidth and which routes it asks for
  void load(const std::filesystem::path& platform, const std::string& copy, PlatformXml xml,
            const SimulatorOptions& options);

  const PlatformDescription& platform() const { return description_; }

  /// Starts each activity when the ones before it have ended, and returns when all have. SimGrid's own
  /// dependencies
  /// (`add_successor`) are not used: its list of waiting activities makes them quadratic.
  /// @throws Error (internal) if some activity never becomes ready
  ReplayTimes run(const ReplayProgram& program);

 private:
  struct Running {
    simgrid::s4u::ActivityPtr activity;
    std::uint32_t waiting = 0;
  };

  void describe();
  void check_speed(const simgrid::s4u::Host& fpga) const;
  std::vector<Link> describe_links() const;
  /// @param hint what would help where there is none
  Route route(simgrid::s4u::Host* from, simgrid::s4u::Host* to, std::string_view hint) const;
  void set_exclusive_bandwidth(double bandwidth_Bps);
  void start(std::uint32_t index);
  void ended(const simgrid::s4u::Activity& activity);

  PlatformXml xml_;
  simgrid::s4u::Engine* engine_;
  std::vector<simgrid::s4u::Link*> links_;
  std::unordered_map<const simgrid::s4u::Link*, LinkIndex> place_;  ///< of each link in links_
  std::vector<simgrid::s4u::Host*> nodes_;                          ///< by ReplayProgram::Node
  PlatformDescription description_;

  // Of the program that runs.
  const ReplayProgram* program_ = nullptr;
  std::vector<Running> running_;
  std::vector<std::uint32_t> ended_;  ///< activities whose callback has returned
  double begin_s_ = 0;
  ReplayTimes times_;
  std::size_t done_ = 0;
};

}  // namespace h2h
