// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <h2h/plugin/plugin.hpp>

#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Family `vector-trace`: vector units that either reduce along a trace of input depth or keep one output
/// channel a lane, whichever is faster for the layer (Chang et al., arXiv 1708.00117, A.C / Snowflake).
/// Compute units split output positions, vector units split output channels.
///
/// Parameters: `compute_units`, `vector_units`, `lanes`.
///
/// Not modelled: reloading of maps that exceed the scratchpads, and control between layers; the efficiency
/// holds them (0.97 for AlexNet down to 0.62 for ResNet-18 by the paper's own figures).
class VectorTrace : public ConvModel {
 public:
  VectorTrace(const Section& parameters, const Device& device)
      : ConvModel(parameters, device),
        efficiency_(parameters.number("efficiency", 1, kFraction)),
        compute_units_(read_factor(parameters, "compute_units")),
        vector_units_(read_factor(parameters, "vector_units")),
        lanes_(read_factor(parameters, "lanes")) {}

 protected:
  ComputeTime conv_time(const ConvLoop& loop, double dram_s) const override {
    const double positions = pieces(loop.R * loop.C, compute_units_);
    const double cooperative =
        positions * pieces(loop.M, vector_units_) * loop.Kh * pieces(loop.N * loop.Kw, lanes_);
    const double independent =
        positions * pieces(loop.M, vector_units_ * lanes_) * loop.N * loop.Kh * loop.Kw;
    // The efficiency was fitted to whole networks, memory time included.
    return overlapped(seconds(loop.repeats * std::min(cooperative, independent)), dram_s / efficiency_);
  }

 private:
  double efficiency_, compute_units_, vector_units_, lanes_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(vector_trace) {
  registry.add_model({"vector-trace", "conv: vector units along input depth or output channels (Snowflake)",
                      h2h::factory_of<h2h::VectorTrace>()});
}
