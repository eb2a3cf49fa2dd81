// SPDX-License-Identifier: Apache-2.0
#include <h2h/stream/sustainable.hpp>

#include <algorithm>
#include <vector>

#include <h2h/schedule/analytic.hpp>
#include <h2h/schedule/energy.hpp>

namespace h2h {
namespace {

constexpr std::size_t kFrames = 64;
constexpr double kPrecision = 1e-3;

/// Tries periods on one mapping.
class Bisection {
 public:
  Bisection(const Problem& problem, const Mapping& mapping, Execution execution, const StreamRunner& run)
      : stream_{execution, {{&problem, mapping, {}}}, std::vector<StreamFrame>(kFrames)}, run_(run) {}

  bool keeps_up(double period_s) {
    for (std::size_t i = 0; i < kFrames; ++i) stream_.frames[i].arrival_s = static_cast<double>(i) * period_s;
    std::vector<double> latencies_s;
    latencies_s.reserve(kFrames);
    run_(stream_, [&](std::size_t frame, const Schedule& schedule) {
      latencies_s.push_back(schedule.latency_s() - stream_.frames[frame].arrival_s);
    });
    const auto longest_s = [&](std::size_t quarter) {
      const auto begin = latencies_s.begin() + static_cast<std::ptrdiff_t>(quarter * kFrames / 4);
      return *std::max_element(begin, begin + kFrames / 4);
    };
    // The quarters are half the frames apart. Less than this a frame is within the precision of a period.
    constexpr double kDrift = kPrecision / 10 * kFrames / 2;
    return longest_s(3) <= longest_s(1) + kDrift * period_s;
  }

  /// @pre it keeps up at @p enough_s, or so it is taken
  double between(double too_short_s, double enough_s) {
    while (enough_s > too_short_s * (1 + kPrecision)) {
      const double middle_s = (too_short_s + enough_s) / 2;
      (keeps_up(middle_s) ? enough_s : too_short_s) = middle_s;
    }
    return enough_s;
  }

  double latency_alone_s() {
    Stream one = stream_;
    one.frames.assign(1, {});
    double latency_s = 0;
    run_(one, [&](std::size_t, const Schedule& schedule) { latency_s = schedule.latency_s(); });
    return latency_s;
  }

 private:
  Stream stream_;
  const StreamRunner& run_;
};

}  // namespace

double sustainable_period_s(const Problem& problem, const Mapping& mapping, Execution execution,
                            const StreamRunner& run) {
  // Whatever the network does, an accelerator takes as long as this for each frame.
  double busiest_s = 0;
  for (const AcceleratorUse& use : accelerator_use(problem, mapping, analytic_schedule(problem, mapping)))
    busiest_s = std::max(busiest_s, execution == Execution::serial ? use.busy_s() : use.compute_s);
  Bisection judged(problem, mapping, execution, run);
  if (execution == Execution::serial) {
    const StreamRunner analytic = analytic_stream;
    Bisection without_contention(problem, mapping, execution, analytic);
    if (!without_contention.keeps_up(busiest_s))
      busiest_s = without_contention.between(busiest_s, without_contention.latency_alone_s());
  }
  return judged.keeps_up(busiest_s) ? busiest_s : judged.between(busiest_s, judged.latency_alone_s());
}

}  // namespace h2h
