// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/plugin.hpp>

#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Family `winograd`: engines that each turn an F(m x m, r x r) tile of one channel pair a cycle (Podili et
/// al., ASAP 2017, A.P). A kernel that is not r x r is split into r x r parts, a stride is computed densely
/// [assumed].
///
/// Parameters: `engines`, `tile` m (2), `kernel` r (3).
///
/// Not modelled: the transforms, which the design pipelines.
class Winograd : public ConvModel {
 public:
  Winograd(const Section& parameters, const Device& device)
      : ConvModel(parameters, device),
        engines_(read_factor(parameters, "engines")),
        tile_(read_factor(parameters, "tile", 2)),
        kernel_(read_factor(parameters, "kernel", 3)) {}

 protected:
  ComputeTime conv_time(const ConvLoop& loop, double dram_s) const override {
    const double tiles = pieces(loop.R, tile_) * pieces(loop.C, tile_) * loop.Sh * loop.Sw;
    const double parts = pieces(loop.Kh, kernel_) * pieces(loop.Kw, kernel_);
    return overlapped(seconds(loop.repeats * tiles * parts * pieces(loop.M * loop.N, engines_)), dram_s);
  }

 private:
  double engines_, tile_, kernel_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(winograd) {
  registry.add_model(
      {"winograd", "conv: Winograd F(m x m, r x r) engines", h2h::factory_of<h2h::Winograd>()});
}
