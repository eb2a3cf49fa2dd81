// SPDX-License-Identifier: Apache-2.0
//
// Step `activation-transfer`: step 3 of H2H (Zhang et al., DAC 2022, section 4.3). Tensors whose producer and
// consumer run on one accelerator stay in its local DRAM, where there is room; fusions that the mapping had
// before are decided anew.
//
// Fusion is decided for each tensor by itself; the authors' release drops the whole input of a layer of
// several.

#include <h2h/plugin/plugin.hpp>

#include "locality_options.hpp"

namespace h2h {
namespace {

class ActivationTransfer : public MappingStep {
 public:
  explicit ActivationTransfer(const Section& options)
      : rules_{LocalityRules::Weights::exact, scope_option(options), dram_option(options)} {}

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    require_complete(mapping, "activation-transfer");
    StepResult result{mapping};
    std::fill(result.mapping.fused.begin(), result.mapping.fused.end(), 0);
    DramAllocator allocator(problem, rules_);
    std::vector<char> pinned;
    for (AcceleratorIndex a = 0; a < problem.accelerators(); ++a) {
      pinned.clear();
      for (const LayerIndex layer : mapping.order[a]) pinned.push_back(mapping.pinned[layer]);
      for (const TensorIndex tensor : allocator.fuse(a, mapping.order[a], pinned))
        result.mapping.fused[tensor] = 1;
      result.evaluations += mapping.order[a].size();
    }
    return unless_worse(problem, mapping, std::move(result), context);
  }

  bool may_exceed_dram() const override { return !rules_.enforce_dram; }

 private:
  LocalityRules rules_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(activation_transfer) {
  registry.add_step(
      {"activation-transfer",
       "H2H step 3: tensors made and used on one accelerator stay in its DRAM",
       "Zhang et al., DAC 2022, section 4.3",
       {h2h::describe_scope(), h2h::describe_dram()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::ActivationTransfer>(options); }});
}
