// SPDX-License-Identifier: Apache-2.0
#include <h2h/trace/curve.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

namespace h2h {
namespace {

/// Sums of doubles with more digits than the result has, so that what is added and taken away again leaves no
/// trace in it.
using Level = long double;

void put(Curve& curve, double time_s, double value) {
  if (value == curve.steps.back().value) return;
  if (time_s == 0 && curve.steps.size() == 1) {
    curve.steps.front().value = value;
  } else {
    curve.steps.push_back({time_s, value});
  }
}

/// Adds up quantities that are there from a start to an end: transfers on a link, tensors in a memory; on top
/// of something that is there anyway.
class PresenceSum {
 public:
  explicit PresenceSum(Curve base = {{{0, 0}}}) : base_(std::move(base)) {}

  /// At one time, what ends goes before what begins. Nothing is added where start is not before end.
  void add(double start_s, double end_s, double value) {
    if (start_s < end_s) add_ranked(start_s, 1, end_s, 0, value);
  }

  /// The same in an order of the caller's: at one time, what has the smaller rank goes first. So a quantity
  /// may begin and end at one time, and a peak that it makes is kept.
  void add_ranked(double start_s, std::size_t start_rank, double end_s, std::size_t end_rank, double value) {
    changes_.push_back({start_s, start_rank, value, true});
    changes_.push_back({end_s, end_rank, value, false});
  }

  Curve curve() && {
    std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
      return std::tie(a.time_s, a.rank) < std::tie(b.time_s, b.rank);
    });
    Curve curve{{base_.steps.front()}};
    Level base = base_.steps.front().value;
    Level level = 0;
    std::size_t present = 0;
    std::size_t next = 1;
    for (std::size_t i = 0; i < changes_.size() || next < base_.steps.size();) {
      const double time_s = std::min(i < changes_.size() ? changes_[i].time_s : kNever,
                                     next < base_.steps.size() ? base_.steps[next].time_s : kNever);
      double highest = curve.steps.back().value;
      Level base_after = base;
      for (; next < base_.steps.size() && base_.steps[next].time_s == time_s; ++next)
        base_after = base_.steps[next].value;
      // What the base loses goes first, and what it gains comes last: neither meets what only touches it.
      base = std::min(base, base_after);
      for (; i < changes_.size() && changes_[i].time_s == time_s; ++i) {
        if (changes_[i].begins) {
          ++present;
          level += changes_[i].value;
          highest = std::max(highest, static_cast<double>(base + level));
        } else {
          --present;
          level = present == 0 ? Level{0} : level - changes_[i].value;
        }
      }
      base = base_after;
      const auto value = static_cast<double>(base + level);
      if (highest > value) put(curve, time_s, highest);
      put(curve, time_s, value);
    }
    return curve;
  }

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  struct Change {
    double time_s;
    std::size_t rank;
    double value;
    bool begins;
  };
  Curve base_;
  std::vector<Change> changes_;
};

std::vector<Curve> curves_of(std::vector<PresenceSum> sums) {
  std::vector<Curve> curves;
  curves.reserve(sums.size());
  for (PresenceSum& sum : sums) curves.push_back(std::move(sum).curve());
  return curves;
}

const System& system_of(std::span<const RanFrame> frames) {
  return frames.front().problem->system();
}

/// The next value of a curve, which may not go back in time; the last of several at one time counts.
void change(Curve& curve, double time_s, double value) {
  if (curve.steps.empty()) {
    curve.steps.push_back({time_s, value});
    return;
  }
  time_s = std::max(time_s, curve.steps.back().time_s);
  if (time_s > curve.steps.back().time_s) {
    put(curve, time_s, value);
    return;
  }
  curve.steps.back().value = value;
  const std::size_t size = curve.steps.size();
  if (size > 1 && curve.steps[size - 2].value == value) curve.steps.pop_back();
}

/// What of a phase changes the weights on each accelerator.
struct WeightChanges {
  struct Transfer {
    double start_s;
    std::int64_t bytes;
  };
  std::vector<double> start_s;                 ///< of its first activity there; infinite: none
  std::vector<double> end_s;                   ///< of its last activity there
  std::vector<std::vector<Transfer>> brought;  ///< in order of time

  explicit WeightChanges(const RanPhase& phase)
      : start_s(phase.weights_bytes.size(), std::numeric_limits<double>::infinity()),
        end_s(phase.weights_bytes.size()),
        brought(phase.weights_bytes.size()) {
    const RanFrame& first = phase.frames.front();
    for (const Activity& activity : first.schedule->activities()) {
      const AcceleratorIndex a = first.mapping->accelerator[activity.layer];
      start_s[a] = std::min(start_s[a], activity.start_s);
      if (activity.stage == Stage::weights && first.mapping->pinned[activity.layer] != 0)
        brought[a].push_back({activity.start_s, activity.bytes});
    }
    for (std::vector<Transfer>& transfers : brought) {
      std::stable_sort(transfers.begin(), transfers.end(),
                       [](const Transfer& a, const Transfer& b) { return a.start_s < b.start_s; });
    }
    const RanFrame& last = phase.frames.back();
    for (const Activity& activity : last.schedule->activities()) {
      double& until_s = end_s[last.mapping->accelerator[activity.layer]];
      until_s = std::max(until_s, activity.end_s);
    }
  }
};

Curve sum_of(const std::vector<Curve>& curves) {
  struct Change {
    double time_s;
    double value;
  };
  std::vector<Change> changes;
  Level level = 0;
  for (const Curve& curve : curves) {
    level += curve.steps.front().value;
    for (std::size_t i = 1; i < curve.steps.size(); ++i)
      changes.push_back({curve.steps[i].time_s, curve.steps[i].value - curve.steps[i - 1].value});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.time_s < b.time_s; });
  Curve sum{{{0, static_cast<double>(level)}}};
  for (std::size_t i = 0; i < changes.size();) {
    const double time_s = changes[i].time_s;
    for (; i < changes.size() && changes[i].time_s == time_s; ++i) level += changes[i].value;
    put(sum, time_s, static_cast<double>(level));
  }
  return sum;
}

}  // namespace

double Curve::peak() const {
  double highest = steps.front().value;
  for (const Step& step : steps) highest = std::max(highest, step.value);
  return highest;
}

double Curve::integral(double end_s) const {
  double sum = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double until_s = i + 1 < steps.size() ? std::min(steps[i + 1].time_s, end_s) : end_s;
    sum += steps[i].value * std::max(0.0, until_s - steps[i].time_s);
  }
  return sum;
}

Curve Curve::mapped(const std::function<double(double)>& value) const {
  Curve result;
  for (const Step& step : steps) {
    const double next = value(step.value);
    if (result.steps.empty() || result.steps.back().value != next)
      result.steps.push_back({step.time_s, next});
  }
  return result;
}

std::vector<std::int64_t> pinned_bytes(const Problem& problem, const Mapping& mapping) {
  std::vector<std::int64_t> bytes(problem.accelerators());
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    const AcceleratorIndex a = mapping.accelerator[layer];
    if (mapping.pinned[layer] != 0) bytes[a] += problem.cost(layer, a).weight_bytes;
  }
  return bytes;
}

std::vector<WeightCurves> weight_curves(std::span<const RanPhase> phases) {
  std::vector<WeightCurves> curves(phases.front().weights_bytes.size());
  std::vector<double> free_s(curves.size());
  for (const RanPhase& phase : phases) {
    const std::vector<std::int64_t> used_bytes =
        pinned_bytes(*phase.frames.front().problem, *phase.frames.front().mapping);
    const WeightChanges changes(phase);
    for (AcceleratorIndex a = 0; a < curves.size(); ++a) {
      const bool is_used = std::isfinite(changes.start_s[a]);
      double time_s = is_used ? changes.start_s[a] : std::max(phase.begins_s, free_s[a]);
      if (&phase == &phases.front()) time_s = 0;
      std::int64_t bytes = phase.weights_bytes[a];
      change(curves[a].idle_bytes, time_s, static_cast<double>(bytes - used_bytes[a]));
      for (const WeightChanges::Transfer& transfer : changes.brought[a]) bytes -= transfer.bytes;
      change(curves[a].all_bytes, time_s, static_cast<double>(bytes));
      for (const WeightChanges::Transfer& transfer : changes.brought[a]) {
        bytes += transfer.bytes;
        change(curves[a].all_bytes, transfer.start_s, static_cast<double>(bytes));
      }
      if (is_used) free_s[a] = changes.end_s[a];
    }
  }
  return curves;
}

Curve frames_under_way_curve(std::span<const RanFrame> frames, std::span<const double> arrivals_s) {
  PresenceSum sum;
  for (std::size_t i = 0; i < frames.size(); ++i) sum.add(arrivals_s[i], frames[i].schedule->latency_s(), 1);
  return std::move(sum).curve();
}

std::vector<Curve> link_rate_curves(std::span<const RanFrame> frames) {
  std::vector<PresenceSum> sums(system_of(frames).links.size());
  for (const RanFrame& frame : frames) {
    for (const Activity& activity : frame.schedule->activities()) {
      if (activity.bytes == 0) continue;
      const double rate_Bps = static_cast<double>(activity.bytes) / activity.seconds();
      for (const LinkIndex link : links_of(*frame.problem, *frame.mapping, activity))
        sums[link].add(activity.start_s, activity.end_s, rate_Bps);
    }
  }
  return curves_of(std::move(sums));
}

std::vector<Curve> dram_curves(std::span<const RanFrame> frames, std::span<const WeightCurves> weights) {
  std::vector<PresenceSum> sums;
  sums.reserve(weights.size());
  for (const WeightCurves& here : weights) sums.emplace_back(here.all_bytes);
  const Mapping* mapping = nullptr;
  std::vector<std::size_t> position;
  // Changes at one time take place in the order of the frames, and then of the layers, so that one of no
  // duration has its place among its neighbours.
  std::size_t rank = 0;
  for (const RanFrame& frame : frames) {
    const Problem& problem = *frame.problem;
    const Schedule& schedule = *frame.schedule;
    if (frame.mapping != mapping) {
      mapping = frame.mapping;
      position.resize(problem.layers());
      for (const auto& order : mapping->order) {
        for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
      }
    }
    for (LayerIndex producer = 0; producer < problem.layers(); ++producer) {
      LayerIndex last = producer;
      bool kept = false;
      for (const TensorIndex tensor : problem.outputs(producer)) {
        if (mapping->fused[tensor] == 0) continue;
        kept = true;
        const LayerIndex consumer = problem.tensor(tensor).consumer;
        if (position[consumer] > position[last]) last = consumer;
      }
      if (!kept) continue;
      // While transfers overlap computations, a layer's own begin before and end behind it.
      const bool overlaps = schedule.execution() == Execution::overlap;
      const double begin_s = overlaps ? schedule.activities()[schedule.computation(producer)].start_s
                                      : schedule.start_s(producer);
      const double end_s =
          overlaps ? schedule.activities()[schedule.computation(last)].end_s : schedule.end_s(last);
      const AcceleratorIndex a = mapping->accelerator[producer];
      sums[a].add_ranked(begin_s, rank + 2 * position[producer], end_s, rank + 2 * position[last] + 1,
                         static_cast<double>(problem.cost(producer, a).output_bytes));
    }
    rank += 2 * problem.layers();
  }
  return curves_of(std::move(sums));
}

std::vector<Curve> power_curves(std::span<const RanFrame> frames) {
  const System& system = system_of(frames);
  std::vector<PresenceSum> active(system.accelerators.size());
  for (const RanFrame& frame : frames) {
    for (const Activity& activity : frame.schedule->activities())
      active[frame.mapping->accelerator[activity.layer]].add(activity.start_s, activity.end_s, 1);
  }
  std::vector<Curve> curves = curves_of(std::move(active));
  for (AcceleratorIndex a = 0; a < curves.size(); ++a) {
    const Accelerator& device = system.accelerators[a];
    curves[a] = curves[a].mapped([&](double count) { return count > 0 ? device.active_W : device.idle_W; });
  }
  return curves;
}

Curve system_power_curve(const System& system, const std::vector<Curve>& accelerators,
                         const std::vector<Curve>& link_rates) {
  std::vector<Curve> all = accelerators;
  for (std::size_t i = 0; i < link_rates.size(); ++i) {
    const Link& link = system.links[i];
    if (link.idle_W == 0 && link.busy_W == 0) continue;
    all.push_back(link_rates[i].mapped([&](double rate_Bps) {
      // A fat pipe carries flows side by side: it is in use or not.
      const double use = link.is_fatpipe ? (rate_Bps > 0 ? 1 : 0) : rate_Bps / link.bandwidth_Bps;
      return link.idle_W + (link.busy_W - link.idle_W) * use;
    }));
  }
  return sum_of(all);
}

}  // namespace h2h
