// SPDX-License-Identifier: Apache-2.0
#include <h2h/trace/curve.hpp>

#include <algorithm>
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

/// Adds up quantities that are there from a start to an end: transfers on a link, tensors in a memory.
class PresenceSum {
 public:
  explicit PresenceSum(double base = 0) : base_(base) {}

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
    Curve curve{{{0, base_}}};
    Level level = base_;
    std::size_t present = 0;
    for (std::size_t i = 0; i < changes_.size();) {
      const double time_s = changes_[i].time_s;
      double highest = curve.steps.back().value;
      for (; i < changes_.size() && changes_[i].time_s == time_s; ++i) {
        if (changes_[i].begins) {
          ++present;
          level += changes_[i].value;
          highest = std::max(highest, static_cast<double>(level));
        } else {
          --present;
          level = present == 0 ? Level{base_} : level - changes_[i].value;
        }
      }
      const auto value = static_cast<double>(level);
      if (highest > value) put(curve, time_s, highest);
      put(curve, time_s, value);
    }
    return curve;
  }

 private:
  struct Change {
    double time_s;
    std::size_t rank;
    double value;
    bool begins;
  };
  double base_;
  std::vector<Change> changes_;
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

std::vector<Curve> link_rate_curves(const Problem& problem, const Mapping& mapping,
                                    const Schedule& schedule) {
  std::vector<PresenceSum> sums(problem.system().links.size());
  for (const Activity& activity : schedule.activities()) {
    if (activity.bytes == 0) continue;
    const double rate_Bps = static_cast<double>(activity.bytes) / activity.seconds();
    for (const LinkIndex link : links_of(problem, mapping, activity))
      sums[link].add(activity.start_s, activity.end_s, rate_Bps);
  }
  std::vector<Curve> curves;
  curves.reserve(sums.size());
  for (PresenceSum& sum : sums) curves.push_back(std::move(sum).curve());
  return curves;
}

std::vector<Curve> dram_curves(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  std::vector<std::size_t> position(problem.layers());
  for (const auto& order : mapping.order) {
    for (std::size_t i = 0; i < order.size(); ++i) position[order[i]] = i;
  }
  std::vector<Curve> curves;
  curves.reserve(mapping.order.size());
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    std::int64_t pinned_bytes = 0;
    for (const LayerIndex layer : mapping.order[a]) {
      if (mapping.pinned[layer] != 0) pinned_bytes += problem.cost(layer, a).weight_bytes;
    }
    PresenceSum sum(static_cast<double>(pinned_bytes));
    for (const LayerIndex producer : mapping.order[a]) {
      LayerIndex last = producer;
      bool kept = false;
      for (const TensorIndex tensor : problem.outputs(producer)) {
        if (mapping.fused[tensor] == 0) continue;
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
      // In the order of the layers, so that one of no duration has its place among its neighbours.
      sum.add_ranked(begin_s, 2 * position[producer], end_s, 2 * position[last] + 1,
                     static_cast<double>(problem.cost(producer, a).output_bytes));
    }
    curves.push_back(std::move(sum).curve());
  }
  return curves;
}

std::vector<Curve> power_curves(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  std::vector<PresenceSum> active(problem.accelerators());
  for (const Activity& activity : schedule.activities())
    active[mapping.accelerator[activity.layer]].add(activity.start_s, activity.end_s, 1);
  std::vector<Curve> curves;
  curves.reserve(active.size());
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    const Accelerator& device = problem.system().accelerators[a];
    curves.push_back(std::move(active[a]).curve().mapped(
        [&](double count) { return count > 0 ? device.active_W : device.idle_W; }));
  }
  return curves;
}

Curve system_power_curve(const Problem& problem, const std::vector<Curve>& accelerators,
                         const std::vector<Curve>& link_rates) {
  std::vector<Curve> all = accelerators;
  for (std::size_t i = 0; i < link_rates.size(); ++i) {
    const Link& link = problem.system().links[i];
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
