// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/plugin.hpp>

#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Family `convolver-array`: fixed K x K convolvers that slide over a map, one output position a cycle (Qiu
/// et al., FPGA 2016, J.Q). A larger kernel takes several passes, a smaller one wastes taps; strides are
/// computed densely and dropped [assumed]; maps are padded to a whole number of spatial tiles.
///
/// Parameters: `kernel` (3), `in_channels` and `out_channels` in parallel, `spatial_tile` (1).
class ConvolverArray : public ConvModel {
 public:
  ConvolverArray(const Section& parameters, const Device& device)
      : ConvModel(parameters, device),
        kernel_(read_factor(parameters, "kernel", 3)),
        in_channels_(read_factor(parameters, "in_channels")),
        out_channels_(read_factor(parameters, "out_channels")),
        tile_(read_factor(parameters, "spatial_tile", 1)) {}

 protected:
  ComputeTime conv_time(const ConvLoop& loop, double dram_s) const override {
    const double positions =
        tile_ * pieces(loop.R, tile_) * tile_ * pieces(loop.C, tile_) * loop.Sh * loop.Sw;
    const double passes = pieces(loop.Kh, kernel_) * pieces(loop.Kw, kernel_);
    return overlapped(seconds(loop.repeats * positions * passes * pieces(loop.N, in_channels_) *
                              pieces(loop.M, out_channels_)),
                      dram_s);
  }

 private:
  double kernel_, in_channels_, out_channels_, tile_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(convolver_array) {
  registry.add_model({"convolver-array", "conv: fixed K x K convolvers, one output position a cycle",
                      h2h::factory_of<h2h::ConvolverArray>()});
}
