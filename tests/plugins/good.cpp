// SPDX-License-Identifier: Apache-2.0
//
// A plug-in that fits. It adds one of each kind, and has two entry points.

#include <memory>

#include <h2h/plugin/plugin.hpp>

namespace {

/// Puts every layer on the first accelerator that runs it.
class FirstFit : public h2h::MappingStep {
 public:
  h2h::StepResult run(const h2h::Problem& problem, const h2h::Mapping& /*mapping*/,
                      h2h::StepContext& /*context*/) const override {
    h2h::StepResult result{h2h::Mapping::none(problem)};
    for (const h2h::LayerIndex layer : problem.topological_order())
      result.mapping.append(layer, problem.candidates(layer).front());
    result.evaluations = problem.layers();
    return result;
  }
};

/// Takes the same time for every layer.
class Constant : public h2h::AcceleratorModel {
 public:
  explicit Constant(double seconds) : seconds_(seconds) {}
  bool runs(h2h::LayerType /*type*/) const override { return true; }
  std::optional<h2h::ComputeTime> time(const h2h::Layer& /*layer*/) const override {
    return h2h::ComputeTime{seconds_, h2h::Bottleneck::given};
  }

 private:
  double seconds_;
};

}  // namespace

H2H_PLUGIN(mapping) {
  registry.add_step(
      {"first-fit", "every layer on the first accelerator that runs it", "", {}, [](const auto&) {
         return std::make_shared<const FirstFit>();
       }});
  registry.add_mapper({"fitted", "first-fit, then steps 2 and 3", "", {}, [](const auto&) {
                         return "first-fit+weight-locality+activation-transfer";
                       }});
}

H2H_PLUGIN(model) {
  registry.add_model({"constant", "every type: the same time", [](const auto& parameters, const auto&) {
                        return std::make_shared<const Constant>(parameters.number("seconds", {0}));
                      }});
}
