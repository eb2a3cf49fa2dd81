// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
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

  /// Called with the times of each frame when it has ended: in an order of time, not of frames.
  using FrameSink = std::function<void(std::uint32_t frame, const ReplayTimes& times)>;

  /// Runs a stream, from the present clock on: starts each activity when the ones before it have ended, and
  /// returns when all have. SimGrid's own dependencies (`add_successor`) are not used: its list of waiting
  /// activities makes them quadratic.
  /// @param ended must not throw: SimGrid calls it
  /// @throws Error (internal) if some activity never becomes ready
  void run(const StreamProgram& stream, const FrameSink& ended);

 private:
  struct Frame;
  /// An activity of a frame.
  struct Running {
    simgrid::s4u::ActivityPtr activity;
    Frame* frame = nullptr;
    std::vector<Running*> followers;  ///< activities of later frames that wait for it
    std::uint32_t waiting = 0;        ///< for so many
    bool has_ended = false;
  };
  /// A frame from when it is known until all its activities have ended; then it serves another one.
  struct Frame {
    std::uint32_t number = 0;
    const FrameProgram* program = nullptr;
    std::vector<Running> running;
    ReplayTimes times;
    std::size_t left = 0;  ///< activities that have not ended
  };
  /// An activity on a lane. It may have ended, and its frame may serve another one by now.
  struct OnLane {
    Frame* frame = nullptr;
    std::uint32_t number = 0;  ///< of the frame
    std::uint32_t activity = 0;
  };
  struct Lane {
    std::array<OnLane, 2> back;  ///< what was done last there, and before that
  };

  void describe();
  void check_speed(const simgrid::s4u::Host& node) const;
  std::vector<Link> describe_links() const;
  /// @param hint what would help where there is none
  Route route(simgrid::s4u::Host* from, simgrid::s4u::Host* to, std::string_view hint) const;
  void set_exclusive_bandwidth(double bandwidth_Bps);
  double elapsed_s() const { return simgrid::s4u::Engine::get_clock() - begin_s_; }
  void take_in_frames();
  Frame& take_in(bool is_there);
  Frame& unused_frame();
  static Running* under_way(const OnLane& one);
  void start_arrival(double seconds);
  void arrived();
  void release(Running& one);
  void start(Running& one);
  void compute(Running& one, simgrid::s4u::Host* host, double seconds);
  void ended(const simgrid::s4u::Activity& activity);
  void deliver(Frame& frame);

  PlatformXml xml_;
  simgrid::s4u::Engine* engine_;
  std::vector<simgrid::s4u::Link*> links_;
  std::unordered_map<const simgrid::s4u::Link*, LinkIndex> place_;  ///< of each link in links_
  std::vector<simgrid::s4u::Host*> nodes_;                          ///< by ReplayProgram::Node
  PlatformDescription description_;

  std::vector<std::unique_ptr<Frame>> frames_;
  std::vector<Frame*> unused_frames_;

  // Of the stream that runs.
  const StreamProgram* stream_ = nullptr;
  const FrameSink* sink_ = nullptr;
  double begin_s_ = 0;
  std::uint32_t taken_in_ = 0;  ///< frames that are known
  std::vector<Lane> lanes_;
  Running arrival_;            ///< what lasts until the last known frame is there
  Frame* arriving_ = nullptr;  ///< that frame
  std::size_t done_ = 0;       ///< activities that have ended
  simgrid::s4u::ActivityPtr last_ended_;
};

}  // namespace h2h
