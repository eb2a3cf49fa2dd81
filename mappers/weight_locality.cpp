// SPDX-License-Identifier: Apache-2.0
//
// Step `weight-locality`: step 2 of H2H (Zhang et al., DAC 2022, section 4.2). For each accelerator a
// knapsack chooses the layers whose weights stay in its local DRAM: the most bytes that fit into the weights'
// share.
//
// weights=release uses the authors' units of 1000 elements and their ties.

#include <h2h/plugin/plugin.hpp>

#include "locality_options.hpp"

namespace h2h {
namespace {

class WeightLocality : public MappingStep {
 public:
  explicit WeightLocality(const Section& options)
      : rules_{weights_option(options), LocalityRules::Scope::adjacent, dram_option(options)} {}

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    require_complete(mapping, "weight-locality");
    StepResult result{mapping};
    DramAllocator allocator(problem, rules_);
    Mapping unpinned = mapping;
    std::fill(unpinned.pinned.begin(), unpinned.pinned.end(), 0);
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
      const std::vector<LayerIndex>& order = mapping.order[a];
      const auto fused_bytes = dram_profile(problem, unpinned, a);
      const auto peak = std::max_element(fused_bytes.begin(), fused_bytes.end());
      const auto pinned = allocator.pin(a, order, peak == fused_bytes.end() ? 0 : *peak);
      for (std::size_t i = 0; i < order.size(); ++i) result.mapping.pinned[order[i]] = pinned[i];
      result.evaluations += order.size();
    }
    result.exact = allocator.exact();
    return unless_worse(problem, mapping, std::move(result), context);
  }

  bool may_exceed_dram() const override { return !rules_.enforce_dram; }

 private:
  LocalityRules rules_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(weight_locality) {
  registry.add_step(
      {"weight-locality",
       "H2H step 2: the most weight bytes that fit stay in local DRAM (knapsack)",
       "Zhang et al., DAC 2022, section 4.2",
       {h2h::describe_weights(), h2h::describe_dram()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::WeightLocality>(options); }});
}
