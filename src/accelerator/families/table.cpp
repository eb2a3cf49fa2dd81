// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <h2h/plugin/plugin.hpp>

#include "conv_model.hpp"

namespace h2h {
namespace {

/// Family `table`: measured seconds by layer name (`layers`), for accelerators that were profiled. A layer
/// that is not listed takes `default_s`, or does not run here where that is absent. The seconds are of one
/// inference; a batch multiplies them.
class Table : public AcceleratorModel {
 public:
  Table(const Section& parameters, const Device& /*device*/) {
    if (parameters.has("default_s")) default_s_ = parameters.number("default_s", {0});
    const Section layers = parameters.section("layers");
    for (const std::string& name : layers.keys()) seconds_[name] = layers.number(name, {0});
  }

  bool runs(LayerType /*type*/) const override { return true; }

  std::optional<ComputeTime> time(const Layer& layer) const override {
    const auto found = seconds_.find(layer.name);
    const std::optional<double> seconds = found != seconds_.end() ? found->second : default_s_;
    if (!seconds) return std::nullopt;
    return ComputeTime{*seconds * static_cast<double>(layer.batch), Bottleneck::given};
  }

 private:
  std::map<std::string, double> seconds_;
  std::optional<double> default_s_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(table) {
  registry.add_model({"table", "every type: measured seconds by layer name", h2h::factory_of<h2h::Table>()});
}
