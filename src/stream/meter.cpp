// SPDX-License-Identifier: Apache-2.0
#include <h2h/stream/meter.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <h2h/mapping/locality.hpp>

namespace h2h {
namespace {

/// The least value that this share of the values does not exceed. @param sorted ascending
double nearest_rank(std::span<const double> sorted, double share) {
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace

Latencies latencies_of(std::span<const double> seconds) {
  std::vector<double> sorted(seconds.begin(), seconds.end());
  std::sort(sorted.begin(), sorted.end());
  double sum_s = 0;
  for (const double one : sorted) sum_s += one;
  constexpr double kMedian = 0.5;
  constexpr double kP95 = 0.95;
  constexpr double kP99 = 0.99;
  return {sorted.size(),
          sum_s / static_cast<double>(sorted.size()),
          nearest_rank(sorted, kMedian),
          nearest_rank(sorted, kP95),
          nearest_rank(sorted, kP99),
          sorted.back()};
}

void CoveredTime::settle(double before_s) {
  std::sort(open_.begin(), open_.end());
  std::size_t done = 0;
  for (; done < open_.size() && open_[done].second <= before_s; ++done) {
    const auto& [start_s, end_s] = open_[done];
    if (end_s <= reached_s_) continue;
    settled_s_ += end_s - std::max(start_s, reached_s_);
    reached_s_ = end_s;
  }
  open_.erase(open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(done));
}

double CoveredTime::seconds() const {
  CoveredTime whole = *this;
  whole.settle(std::numeric_limits<double>::infinity());
  return whole.settled_s_;
}

StreamMeter::StreamMeter(const Stream& stream) : stream_(&stream) {
  const System& system = stream.phases.front().problem->system();
  accelerators_.resize(system.accelerators.size());
  busy_.resize(system.accelerators.size());
  free_s_.resize(system.accelerators.size());
  links_.resize(system.links.size());
  link_busy_.resize(system.links.size());
  phases_used_.resize(system.accelerators.size());
  for (std::uint32_t p = 0; p < stream.phases.size(); ++p) {
    const StreamPhase& phase = stream.phases[p];
    for (AcceleratorIndex a = 0; a < accelerators_.size(); ++a) {
      if (!phase.mapping.order[a].empty()) phases_used_[a] = p + 1;
      for (const std::int64_t bytes : dram_profile(*phase.problem, phase.mapping, a))
        accelerators_[a].dram_peak_bytes = std::max(accelerators_[a].dram_peak_bytes, bytes);
    }
  }
}

void StreamMeter::add(std::size_t frame, const Schedule& schedule) {
  const StreamPhase& phase = stream_->phases[stream_->frames[frame].phase];
  const Problem& problem = *phase.problem;
  const bool overlaps = schedule.execution() == Execution::overlap;
  const double latency_s = schedule.latency_s();
  latencies_s_.push_back(latency_s - stream_->frames[frame].arrival_s);
  end_s_ = std::max(end_s_, latency_s);
  for (const Activity& activity : schedule.activities()) {
    const AcceleratorIndex a = phase.mapping.accelerator[activity.layer];
    AcceleratorUse& here = accelerators_[a];
    (activity.stage == Stage::compute ? here.compute_s : here.transfer_s) += activity.seconds();
    // What goes on beside a computation is paid with it.
    if (overlaps) busy_[a].add(activity.start_s, activity.end_s);
    if (activity.stage == Stage::compute) continue;
    for (const LinkIndex link : links_of(problem, phase.mapping, activity)) {
      links_[link].bytes += activity.bytes;
      link_busy_[link].add(activity.start_s, activity.end_s);
    }
  }
  settle(frame, schedule);
}

/// The next frame uses an accelerator when this one has done with it; overlapped, when this one's last layer
/// there computes. It begins where that is soonest.
void StreamMeter::settle(std::size_t frame, const Schedule& schedule) {
  const StreamPhase& phase = stream_->phases[stream_->frames[frame].phase];
  for (AcceleratorIndex a = 0; a < free_s_.size(); ++a) {
    const std::vector<LayerIndex>& order = phase.mapping.order[a];
    if (order.empty()) continue;
    free_s_[a] = schedule.execution() == Execution::serial
                     ? schedule.end_s(order.back())
                     : schedule.activities()[schedule.computation(order.back())].start_s;
  }
  double soonest_s = std::numeric_limits<double>::infinity();
  for (AcceleratorIndex a = 0; a < free_s_.size(); ++a) {
    if (phases_used_[a] > stream_->frames[frame].phase) soonest_s = std::min(soonest_s, free_s_[a]);
  }
  soonest_s = std::max(soonest_s, stream_->frames[frame].arrival_s);
  for (CoveredTime& busy : busy_) busy.settle(soonest_s);
  for (CoveredTime& busy : link_busy_) busy.settle(soonest_s);
}

double StreamMeter::throughput_Hz() const {
  return static_cast<double>(latencies_s_.size()) / (end_s_ - stream_->frames.front().arrival_s);
}

std::vector<AcceleratorUse> StreamMeter::accelerators() const {
  std::vector<AcceleratorUse> use = accelerators_;
  for (std::size_t a = 0; a < use.size(); ++a) {
    if (stream_->execution == Execution::overlap)
      use[a].transfer_s = std::max(0.0, busy_[a].seconds() - use[a].compute_s);
    use[a].idle_s = std::max(0.0, end_s_ - use[a].busy_s());
  }
  return use;
}

std::vector<LinkUse> StreamMeter::links() const {
  std::vector<LinkUse> use = links_;
  const std::vector<Link>& links = stream_->phases.front().problem->system().links;
  for (std::size_t i = 0; i < use.size(); ++i) {
    use[i].busy_s = link_busy_[i].seconds();
    use[i].utilisation_s = utilisation_s(links[i], use[i]);
  }
  return use;
}

Energy StreamMeter::energy() const {
  return energy_of(stream_->phases.front().problem->system(), accelerators(), links(), end_s_);
}

}  // namespace h2h
