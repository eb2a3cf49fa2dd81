// SPDX-License-Identifier: Apache-2.0
//
// Step `max-min` (Ibarra, Kim, JACM 24(2):280-289, 1977; named so by Maheswaran et al., JPDC 59(2):107-131,
// 1999). Of the ready layers the one whose first possible end is last goes where it ends first: long layers
// are not left to the end.
//
// Adapted as min-min is.

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {

std::unique_ptr<const PriorityRule> max_min_priority(const ExpectedCosts& /*costs*/) {
  return dynamic_priority([](LayerIndex /*layer*/, const Choice& choice) { return choice.value_s; });
}

}  // namespace h2h

H2H_PLUGIN(max_min) {
  registry.add_step({"max-min",
                     "of the ready layers the one that ends last at its best",
                     "Ibarra, Kim, JACM 24(2), 1977",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::max_min_priority,
                                                                          h2h::earliest_finish, false);
                     },
                     true});
}
