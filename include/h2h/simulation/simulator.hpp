// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <h2h/base/error.hpp>
#include <h2h/platform/description.hpp>
#include <h2h/platform/platform_xml.hpp>
#include <h2h/simulation/program.hpp>

namespace h2h {

struct SimulatorOptions {
  std::vector<std::string>
      cfg;  ///< `KEY:VALUE` as for SimGrid's --cfg; later ones win, also over our own settings
  std::vector<std::string> log;  ///< as for SimGrid's --log
  /// New bandwidth of the links that belong to one FPGA's host route alone.
  std::optional<double> bandwidth_Bps;
  /// Whether to describe the routes between the FPGAs too, which direct activations take.
  bool peer_routes = false;
};

/// Reads a rate for SimulatorOptions::bandwidth_Bps.
/// @param name what the user calls it; it, @p kind and @p where are those of the error
/// @throws Error for a text that is no rate, or none of which times could make sense
double parse_bandwidth(std::string_view text, std::string_view name, ErrorKind kind,
                       const Location& where = {});

/// A SimGrid process. SimGrid's engine is one of a process and may abort on what it is given, so it lives in
/// a forked child: whatever happens there becomes an exception here. Threads must not fork: create simulators
/// before starting any.
class Simulator {
 public:
  /// Checks a platform file (`check_platform_xml`), then loads it.
  /// @throws Error (input) if it is wrong, or an FPGA cannot be reached from the host or, if those routes are
  ///         wanted, from another FPGA; (usage) if SimGrid refuses an option or no link belongs to one FPGA
  ///         alone
  explicit Simulator(const PlatformFile& platform, const SimulatorOptions& options = {});
  explicit Simulator(const std::filesystem::path& platform, const SimulatorOptions& options = {});
  ~Simulator();
  Simulator(Simulator&&) noexcept;
  Simulator& operator=(Simulator&&) noexcept;

  const PlatformDescription& platform() const;

  /// Runs a program from clock 0, in a fork of its own: the same program gives the same bits.
  /// @throws Error (usage) if settings of the user's make nonsense of it
  ReplayTimes replay(const ReplayProgram& program);

  /// The same in two: several simulators run programs side by side. `finish()` waits for what `start()`
  /// began; one at a time.
  void start(const ReplayProgram& program);
  ReplayTimes finish();

  /// Called with the times of each frame of a stream, in order, when it and all before it have ended.
  using FrameTimesVisitor = std::function<void(std::size_t frame, const ReplayTimes& times)>;

  /// Runs a stream from clock 0, in a fork of its own: the same stream gives the same bits, and one of a
  /// single frame at 0 those of `replay()`. Memory is that of the frames under way, in the fork and here. If
  /// @p visit throws, the stream goes on to its end unseen; it must not use the simulator.
  /// @throws Error as replay(); and what @p visit throws
  void stream(const StreamProgram& program, const FrameTimesVisitor& visit);

 private:
  friend class ReplayWorker;
  class Process;
  std::unique_ptr<Process> process_;
};

/// A SimGrid process that runs one program after the other on a running clock: three times as fast as
/// Simulator::replay, but the last digits depend on what ran before (1e-11 relative). For searches, which
/// compare with a margin of 1e-9.
class ReplayWorker {
 public:
  explicit ReplayWorker(const PlatformFile& platform, const SimulatorOptions& options = {});
  explicit ReplayWorker(const std::filesystem::path& platform, const SimulatorOptions& options = {});

  const PlatformDescription& platform() const { return simulator_.platform(); }

  /// Starts a program; `finish()` waits for it. One at a time.
  void start(const ReplayProgram& program);
  /// The end of the last activity, in seconds from the program's beginning.
  double finish();

 private:
  Simulator simulator_;
};

}  // namespace h2h
