// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <h2h/schedule/energy.hpp>
#include <h2h/stream/stream.hpp>

namespace h2h {

/// How long frames took, from arrival to end, in seconds. Percentiles are by nearest rank: the least latency
/// that so many of the frames do not exceed.
struct Latencies {
  std::size_t frames = 0;
  double mean_s = 0;
  double median_s = 0;
  double p95_s = 0;
  double p99_s = 0;
  double max_s = 0;
};
/// @pre there is one
Latencies latencies_of(std::span<const double> seconds);

/// Length of the union of intervals that come in about the order of time. Memory holds those only that may
/// still grow together with others.
class CoveredTime {
 public:
  void add(double start_s, double end_s) { open_.emplace_back(start_s, end_s); }
  /// Nothing that is added from now on begins before this.
  void settle(double before_s);
  /// Of everything that was added.
  double seconds() const;

 private:
  double settled_s_ = 0;
  double reached_s_ = 0;  ///< everything settled has ended by then
  std::vector<std::pair<double, double>> open_;
};

/// Takes the figures of a stream, frame by frame; of one frame they are those of its schedule to the last
/// bit. Memory: a latency a frame, and what is under way.
class StreamMeter {
 public:
  /// The stream must outlive it.
  explicit StreamMeter(const Stream& stream);

  /// The next frame.
  void add(std::size_t frame, const Schedule& schedule);

  std::span<const double> latencies_s() const { return latencies_s_; }  ///< by frame
  double end_s() const { return end_s_; }                               ///< of the last to end
  /// Frames a second, from the first arrival to the last end.
  double throughput_Hz() const;

  /// Of all frames, from the stream's beginning to its end. Peaks of DRAM are those of the mappings; what
  /// lies there besides does not count.
  std::vector<AcceleratorUse> accelerators() const;
  std::vector<LinkUse> links() const;
  Energy energy() const;

 private:
  void settle(std::size_t frame, const Schedule& schedule);

  const Stream* stream_;
  std::vector<double> latencies_s_;
  double end_s_ = 0;
  std::vector<AcceleratorUse> accelerators_;
  std::vector<LinkUse> links_;
  std::vector<CoveredTime> busy_;           ///< by accelerator; of overlapped execution
  std::vector<CoveredTime> link_busy_;      ///< by link
  std::vector<std::uint32_t> phases_used_;  ///< by accelerator: phases up to the last that uses it
  std::vector<double> free_s_;              ///< by accelerator: frames to come use it from then on
};

}  // namespace h2h
