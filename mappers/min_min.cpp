// SPDX-License-Identifier: Apache-2.0
//
// Step `min-min` (Ibarra, Kim, "Heuristic algorithms for scheduling independent tasks on nonidentical
// processors", JACM 24(2):280-289, 1977; named so by Maheswaran et al., JPDC 59(2):107-131, 1999). Of the
// ready layers the one that can end first goes where it does.
//
// Adapted: the originals map independent tasks; here the layers whose producers are mapped take their place,
// as is usual for workflows. Ends are priced with pins and fusion (list_scheduling.cpp).

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {

std::unique_ptr<const PriorityRule> min_min_priority(const ExpectedCosts& /*costs*/) {
  return dynamic_priority([](LayerIndex /*layer*/, const Choice& choice) { return -choice.value_s; });
}

}  // namespace h2h

H2H_PLUGIN(min_min) {
  registry.add_step({"min-min",
                     "of the ready layers the one that can end first",
                     "Ibarra, Kim, JACM 24(2), 1977",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::min_min_priority,
                                                                          h2h::earliest_finish, false);
                     },
                     true});
}
