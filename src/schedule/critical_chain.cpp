// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/critical_chain.hpp>

#include <algorithm>

#include <h2h/schedule/activity_order.hpp>

namespace h2h {

namespace {

/// The activities that wait for one another up to the last end, in time order.
std::vector<std::uint32_t> last_to_end(const Problem& problem, const Mapping& mapping,
                                       const Schedule& schedule) {
  const auto activities = schedule.activities();
  const ActivityOrder order = order_of(problem, mapping, schedule);
  LayerIndex latest = 0;
  for (LayerIndex other = 1; other < problem.layers(); ++other) {
    if (schedule.end_s(other) > schedule.end_s(latest)) latest = other;
  }
  // Each activity starts at the end of what it waited for last.
  auto at = schedule.first_activity(latest) + static_cast<std::uint32_t>(schedule.of(latest).size()) - 1;
  std::vector<std::uint32_t> chain = {at};
  for (auto before = order.of(at); !before.empty(); before = order.of(at)) {
    at = before.front();
    for (const std::uint32_t other : before) {
      if (activities[other].end_s >= activities[at].end_s) at = other;
    }
    chain.push_back(at);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace

CriticalChain critical_chain(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  CriticalChain chain;
  for (const std::uint32_t at : last_to_end(problem, mapping, schedule)) {
    const Activity& activity = schedule.activities()[at];
    if (chain.layers.empty() || chain.layers.back() != activity.layer) chain.layers.push_back(activity.layer);
    double alone = activity.seconds();
    switch (activity.stage) {
      case Stage::compute:
        chain.compute_s += alone;
        break;
      case Stage::weights:
        alone = std::min(alone, alone_s(problem, mapping, activity));
        chain.weights_s += alone;
        break;
      case Stage::input:
        alone = std::min(alone, alone_s(problem, mapping, activity));
        chain.inputs_s += alone;
        break;
      case Stage::output:
        alone = std::min(alone, alone_s(problem, mapping, activity));
        chain.outputs_s += alone;
        break;
    }
    chain.waiting_s += activity.seconds() - alone;
  }
  return chain;
}

}  // namespace h2h
