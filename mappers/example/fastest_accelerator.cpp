// SPDX-License-Identifier: Apache-2.0
//
// Step `fastest-accelerator`: minimum execution time (MET; Braun et al., JPDC 61(6), 2001). Each layer goes
// to the accelerator that takes the least time for it, however busy that is.
//
// Adapted: the time of a layer is, by choice, that of its computation alone or that with all its transfers
// from and to the host, none of which has been saved yet.

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <h2h/plugin/plugin.hpp>

namespace {

class FastestAccelerator : public h2h::MappingStep {
 public:
  explicit FastestAccelerator(const h2h::Section& options)
      : with_transfers_(options.choice("count", kChoices, "all") == "all") {}

  // It maps every layer anew: what an earlier step has mapped does not matter.
  h2h::StepResult run(const h2h::Problem& problem, const h2h::Mapping& /*mapping*/,
                      h2h::StepContext& /*context*/) const override {
    h2h::StepResult result{h2h::Mapping::none(problem)};
    // Accelerators run their layers in the order in which these are appended, so producers go first.
    for (const h2h::LayerIndex layer : problem.topological_order()) {
      const auto candidates = problem.candidates(layer);
      // The first of equals, which is the first in the catalogue.
      const auto best = std::min_element(candidates.begin(), candidates.end(),
                                         [&](h2h::AcceleratorIndex a, h2h::AcceleratorIndex b) {
                                           return seconds(problem, layer, a) < seconds(problem, layer, b);
                                         });
      result.mapping.append(layer, *best);
      result.evaluations += candidates.size();
    }
    return result;
  }

 private:
  double seconds(const h2h::Problem& problem, h2h::LayerIndex layer,
                 h2h::AcceleratorIndex accelerator) const {
    return with_transfers_ ? problem.zero_locality_s(layer, accelerator)
                           : problem.cost(layer, accelerator).compute_s;
  }

  inline static const std::array<std::string, 2> kChoices = {"all", "compute"};
  bool with_transfers_;
};

}  // namespace

H2H_PLUGIN(fastest_accelerator) {
  registry.add_step(
      {"fastest-accelerator",
       "each layer where it takes the least time, however busy that accelerator is (MET)",
       "Braun et al., JPDC 61(6), 2001",
       {{"count", "all", "seconds that count: all (every transfer paid), or compute (computation and DRAM)"}},
       [](const h2h::Section& options) { return std::make_shared<const FastestAccelerator>(options); },
       h2h::StepFamily::Start::nothing});
  registry.add_mapper(
      {"fastest", "fastest-accelerator, then steps 2 to 4 of H2H", "", {}, [](const h2h::Section&) {
         return "fastest-accelerator+weight-locality+activation-transfer+"
                "data-locality-remapping";
       }});
}
