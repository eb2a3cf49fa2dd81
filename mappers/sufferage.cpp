// SPDX-License-Identifier: Apache-2.0
//
// Step `sufferage` (Maheswaran, Ali, Siegel, Hensgen, Freund, "Dynamic mapping of a class of independent
// tasks onto heterogeneous computing systems", JPDC 59(2):107-131, 1999). Of the ready layers the one that
// would suffer most from its second best accelerator goes where it ends first.
//
// Adapted as min-min is. A layer that only one accelerator runs suffers without limit. One layer is placed at
// a time; the original takes from each round one task for every machine that is some task's best.

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {

std::unique_ptr<const PriorityRule> sufferage_priority(const ExpectedCosts& /*costs*/) {
  return dynamic_priority(
      [](LayerIndex /*layer*/, const Choice& choice) { return choice.runner_up_s - choice.value_s; });
}

}  // namespace h2h

H2H_PLUGIN(sufferage) {
  registry.add_step({"sufferage",
                     "of the ready layers the one that its second best place would cost most",
                     "Maheswaran et al., JPDC 59(2), 1999",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::sufferage_priority,
                                                                          h2h::earliest_finish, false);
                     },
                     true});
}
