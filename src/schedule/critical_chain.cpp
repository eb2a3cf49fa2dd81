// SPDX-License-Identifier: Apache-2.0
#include <h2h/schedule/critical_chain.hpp>

#include <algorithm>

#include <h2h/schedule/activity_order.hpp>

namespace h2h {

CriticalChain critical_chain(const Problem& problem, const Mapping& mapping, const Schedule& schedule) {
  CriticalChain chain;
  const auto activities = schedule.activities();
  const ActivityOrder order = order_of(problem, mapping, schedule);
  LayerIndex latest = 0;
  for (LayerIndex other = 1; other < problem.layers(); ++other) {
    if (schedule.end_s(other) > schedule.end_s(latest)) latest = other;
  }
  // Each activity starts at the end of what it waited for last.
  auto at = schedule.first_activity(latest) + static_cast<std::uint32_t>(schedule.of(latest).size()) - 1;
  for (;;) {
    const Activity& activity = activities[at];
    if (chain.layers.empty() || chain.layers.back() != activity.layer) chain.layers.push_back(activity.layer);
    const double alone = activity.stage == Stage::compute
                             ? activity.seconds()
                             : std::min(activity.seconds(), alone_s(problem, mapping, activity));
    chain.waiting_s += activity.seconds() - alone;
    switch (activity.stage) {
      case Stage::compute:
        chain.compute_s += alone;
        break;
      case Stage::weights:
        chain.weights_s += alone;
        break;
      case Stage::input:
        chain.inputs_s += alone;
        break;
      case Stage::output:
        chain.outputs_s += alone;
        break;
    }
    const auto before = order.of(at);
    if (before.empty()) break;
    at = before.front();
    for (const std::uint32_t other : before) {
      if (activities[other].end_s >= activities[at].end_s) at = other;
    }
  }
  std::reverse(chain.layers.begin(), chain.layers.end());
  return chain;
}

}  // namespace h2h
