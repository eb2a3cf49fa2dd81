// SPDX-License-Identifier: Apache-2.0
#include <h2h/plugin/plugin.hpp>

#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Family `loop-unroll`: an array that unrolls loops of the convolution in space, double buffered (J.Z, Y.G,
/// T.M, X.W). A loop of bound L unrolled P times takes ceil(L / P) turns, so a bound that P does not divide
/// leaves part of the array idle.
///
/// Parameters: `unroll` with `out_channels`, `reduction`, and either `rows` and `columns` or `pixels` (rows
/// and columns as one loop); `reduction_over` `taps` (the loop over input channels and kernel, default) or
/// `channels` (input channels; the kernel runs in time); `efficiency_1x1` for kernels of one tap (default:
/// `efficiency`).
///
/// Not modelled: filling and draining of the array, and tile sizes; both are in the efficiency.
class LoopUnroll : public ConvModel {
 public:
  LoopUnroll(const Section& parameters, const Device& device)
      : ConvModel(parameters, device), scale_1x1_(parameters.number("efficiency", 1, kFraction)) {
    const Section unroll = parameters.section("unroll");
    out_channels_ = read_factor(unroll, "out_channels");
    reduction_ = read_factor(unroll, "reduction");
    if (unroll.has("pixels")) {
      pixels_ = read_factor(unroll, "pixels");
    } else {
      rows_ = read_factor(unroll, "rows");
      columns_ = read_factor(unroll, "columns");
    }
    unroll.finish();
    static const std::vector<std::string> kLoops = {"taps", "channels"};
    over_taps_ = parameters.choice("reduction_over", kLoops, "taps") == "taps";
    scale_1x1_ /= parameters.number("efficiency_1x1", scale_1x1_, kFraction);
  }

 protected:
  ComputeTime conv_time(const ConvLoop& loop, double dram_s) const override {
    const double positions =
        pixels_ > 0 ? pieces(loop.R * loop.C, pixels_) : pieces(loop.R, rows_) * pieces(loop.C, columns_);
    const double taps = loop.Kh * loop.Kw;
    const double reduction =
        over_taps_ ? pieces(loop.N * taps, reduction_) : pieces(loop.N, reduction_) * taps;
    const double cycles = loop.repeats * pieces(loop.M, out_channels_) * positions * reduction;
    return overlapped(seconds(cycles) * (taps == 1 ? scale_1x1_ : 1), dram_s);
  }

 private:
  double out_channels_ = 1;
  double reduction_ = 1;
  double pixels_ = 0;  ///< 0: rows and columns are two loops
  double rows_ = 1;
  double columns_ = 1;
  bool over_taps_ = true;
  double scale_1x1_;  ///< how much longer a cycle of a 1 x 1 kernel takes, by efficiency
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(loop_unroll) {
  registry.add_model({"loop-unroll", "conv: loops unrolled in space, each rounded up; double buffered",
                      h2h::factory_of<h2h::LoopUnroll>()});
}
