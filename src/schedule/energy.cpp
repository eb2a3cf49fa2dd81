// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/energy.hpp>

#include <algorithm>
#include <utility>

#include <h2h/mapping/locality.hpp>

namespace h2h {
namespace {

/// Length of the union of intervals.
double covered_s(std::vector<std::pair<double, double>>& intervals) {
  std::sort(intervals.begin(), intervals.end());
  double total_s = 0;
  double reached_s = 0;
  for (const auto& [start_s, end_s] : intervals) {
    if (end_s <= reached_s) continue;
    total_s += end_s - std::max(start_s, reached_s);
    reached_s = end_s;
  }
  return total_s;
}

}  // namespace

std::vector<AcceleratorUse> accelerator_use(const Problem& problem, const Mapping& mapping,
                                            const Schedule& schedule) {
  std::vector<AcceleratorUse> use(problem.accelerators());
  for (const Activity& activity : schedule.activities()) {
    AcceleratorUse& here = use[mapping.accelerator[activity.layer]];
    (activity.stage == Stage::compute ? here.compute_s : here.transfer_s) += activity.seconds();
  }
  if (schedule.execution() == Execution::overlap) {
    // What goes on beside a computation is paid with it.
    std::vector<std::vector<std::pair<double, double>>> intervals(problem.accelerators());
    for (const Activity& activity : schedule.activities())
      intervals[mapping.accelerator[activity.layer]].emplace_back(activity.start_s, activity.end_s);
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a)
      use[a].transfer_s = std::max(0.0, covered_s(intervals[a]) - use[a].compute_s);
  }
  const double latency_s = schedule.latency_s();
  for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
    use[a].idle_s = std::max(0.0, latency_s - use[a].busy_s());
    for (const std::int64_t bytes : dram_profile(problem, mapping, a)) {
      use[a].dram_peak_bytes = std::max(use[a].dram_peak_bytes, bytes);
    }
  }
  return use;
}

std::vector<LinkUse> link_use(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  const std::vector<Link>& links = problem.system().links;
  std::vector<LinkUse> use(links.size());
  std::vector<std::vector<std::pair<double, double>>> intervals(links.size());
  for (const Activity& activity : schedule.activities()) {
    if (activity.stage == Stage::compute) continue;
    for (const LinkIndex link : links_of(problem, mapping, activity)) {
      use[link].bytes += activity.bytes;
      intervals[link].emplace_back(activity.start_s, activity.end_s);
    }
  }
  for (std::size_t link = 0; link < links.size(); ++link) {
    use[link].busy_s = covered_s(intervals[link]);
    use[link].utilisation_s = utilisation_s(links[link], use[link]);
  }
  return use;
}

double utilisation_s(const Link& link, const LinkUse& use) {
  // A fat pipe carries flows side by side, so what it carried says nothing of how long.
  return link.is_fatpipe ? use.busy_s : static_cast<double>(use.bytes) / link.bandwidth_Bps;
}

Energy energy_of(const System& system, const std::vector<AcceleratorUse>& accelerators,
                 const std::vector<LinkUse>& links, double seconds) {
  Energy energy;
  for (std::size_t a = 0; a < accelerators.size(); ++a) {
    const Accelerator& device = system.accelerators[a];
    energy.compute_J += device.active_W * accelerators[a].compute_s;
    energy.transfer_J += device.active_W * accelerators[a].transfer_s;
    energy.idle_J += device.idle_W * accelerators[a].idle_s;
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Link& link = system.links[i];
    energy.network_J += link.idle_W * seconds + (link.busy_W - link.idle_W) * links[i].utilisation_s;
  }
  return energy;
}

Energy energy_of(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  return energy_of(problem.system(), accelerator_use(problem, mapping, schedule),
                   link_use(problem, mapping, schedule), schedule.latency_s());
}

Setup setup_of(const Problem& problem, const Mapping& mapping) {
  Setup setup;
  std::vector<double> seconds(problem.accelerators());
  for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
    if (mapping.pinned[layer] == 0) continue;
    const AcceleratorIndex a = mapping.accelerator[layer];
    const Problem::LayerCost& cost = problem.cost(layer, a);
    setup.bytes += cost.weight_bytes;
    seconds[a] += cost.weights_s;
    setup.energy_J += problem.system().accelerators[a].active_W * cost.weights_s;
  }
  for (const double s : seconds) setup.seconds = std::max(setup.seconds, s);
  return setup;
}

}  // namespace h2h
