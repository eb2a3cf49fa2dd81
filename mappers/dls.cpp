// SPDX-License-Identifier: Apache-2.0
//
// Step `dls`: dynamic level scheduling (Sih, Lee, "A compile-time scheduling heuristic for
// interconnection-constrained heterogeneous processor architectures", IEEE TPDS 4(2):175-187, 1993). Of all
// pairs of a ready layer and an accelerator the one of the highest dynamic level is taken: static level,
// minus the earliest start there, plus how much faster than its median the layer is there.
//
// Adapted: start plus time there is the end there, so that the level comes to static level + median - end,
// and the best pair is the layer that is best by it where it ends first. Medians are over the accelerators
// that run the layer, transfers included. The end is priced with pins and fusion, as in all list schedulers
// here.

#include <h2h/plugin/plugin.hpp>

#include "list_scheduling.hpp"

namespace h2h {

std::unique_ptr<const PriorityRule> level_priority(const ExpectedCosts& costs) {
  std::vector<double> levels_s = static_levels_s(costs);
  for (LayerIndex layer = 0; layer < costs.problem().layers(); ++layer)
    levels_s[layer] += costs.median_s(layer);
  return dynamic_priority([levels_s = std::move(levels_s)](LayerIndex layer, const Choice& choice) {
    return levels_s[layer] - choice.value_s;
  });
}

}  // namespace h2h

H2H_PLUGIN(dls) {
  registry.add_step({"dls",
                     "the pair of layer and accelerator of the highest dynamic level",
                     "Sih, Lee, IEEE TPDS 4(2), 1993",
                     {},
                     [](const h2h::Section& /*options*/) {
                       return std::make_shared<const h2h::ListScheduling>(h2h::level_priority,
                                                                          h2h::earliest_finish, false);
                     },
                     true});
}
