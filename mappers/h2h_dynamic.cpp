// SPDX-License-Identifier: Apache-2.0
//
// Mapper `h2h-dynamic`: H2H for a system that ran something before (Zhang et al., DAC 2022, section 4.5).
// Layers whose weights are buffered on an accelerator are placed there first; then the four steps map the
// rest beside them, with the knapsack of step 2 in which that part of the allocation is decided.
//
// A complete mapping that it starts from stays if the judge finds the new one worse. What is buffered is what
// the mapping that it starts from has pinned (`--mapping`); with none it is `h2h`. In a scenario every mapper
// is run like this (`--remap warm`), from the weights that lie in the DRAM then.

#include <fmt/format.h>

#include <h2h/mapper/chain.hpp>
#include <h2h/mapper/warm.hpp>
#include <h2h/plugin/plugin.hpp>

#include "locality_options.hpp"

namespace h2h {
namespace {

class H2hDynamic : public MappingStep {
 public:
  explicit H2hDynamic(const Section& options)
      : h2h_(make_mapper(
            scope_option(options) == LocalityRules::Scope::resident ? "h2h[scope=resident]" : "h2h",
            builtin_registry())) {}

  StepResult run(const Problem& problem, const Mapping& mapping, StepContext& context) const override {
    std::vector<AcceleratorIndex> buffered(problem.layers(), Problem::kHost);
    for (LayerIndex layer = 0; layer < problem.layers(); ++layer) {
      if (mapping.pinned[layer] != 0) buffered[layer] = mapping.accelerator[layer];
    }
    const WarmProblem warm(problem, buffered);
    StepResult result = run_chain(warm.problem(), h2h_, Mapping::none(warm.problem()), context);
    result.mapping = warm.as_cold(std::move(result.mapping));
    return mapping.is_complete() ? unless_worse(problem, mapping, std::move(result), context) : result;
  }

 private:
  Mapper h2h_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(h2h_dynamic) {
  registry.add_step(
      {"h2h-dynamic",
       "H2H beside what is buffered: layers stay where their weights are",
       "Zhang et al., DAC 2022, section 4.5",
       {h2h::describe_scope()},
       [](const h2h::Section& options) { return std::make_shared<const h2h::H2hDynamic>(options); },
       h2h::StepFamily::Start::either});
}
