// SPDX-License-Identifier: Apache-2.0
#include "frame_plan.hpp"

#include <algorithm>
#include <cassert>

namespace h2h {

bool FramePlan::next() {
  const std::size_t at = next_++;
  assert(at < stream_.frames.size());
  assert(at == 0 || stream_.frames[at - 1].arrival_s <= stream_.frames[at].arrival_s);
  assert(at == 0 || stream_.frames[at - 1].phase <= stream_.frames[at].phase);
  const StreamPhase& phase = stream_.phases[stream_.frames[at].phase];
  const bool loads = is_first_of_phase(stream_, at) &&
                     std::any_of(phase.loads.begin(), phase.loads.end(), [](char one) { return one != 0; });
  if (&phase == phase_ && loads == loads_) return false;
  phase_ = &phase;
  loads_ = loads;
  if (loads) loading_ = while_loading(phase.mapping, phase.loads);
  schedule_.emplace(problem(), mapping(), stream_.execution);
  return true;
}

}  // namespace h2h
