// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/plugin.hpp>

#include "conv_loop.hpp"
#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Family `roofline`: the larger of arithmetic at `peak_GOPS` x `efficiency` (1) and of moving weights, input
/// and output once through the local DRAM. Runs every type of layer.
class Roofline : public AcceleratorModel {
 public:
  Roofline(const Section& parameters, const Device& device)
      : device_(device),
        dram_Bps_(device.require_dram_Bps(parameters)),
        operations_per_s_(parameters.number("peak_GOPS", kPositive<double>) * kOperationsPerGOP *
                          parameters.number("efficiency", 1, kFraction)) {}

  bool runs(LayerType /*type*/) const override { return true; }

  std::optional<ComputeTime> time(const Layer& layer) const override {
    return overlapped(kOperationsPerMac * static_cast<double>(layer.macs()) / operations_per_s_,
                      device_.layer_bytes(layer) / dram_Bps_);
  }

 private:
  Device device_;
  double dram_Bps_;
  double operations_per_s_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(roofline) {
  registry.add_model({"roofline", "every type: the larger of arithmetic and local-DRAM time",
                      h2h::factory_of<h2h::Roofline>()});
}
