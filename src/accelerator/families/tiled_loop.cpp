// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <h2h/plugin/plugin.hpp>

#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Edge length of the tiles along one extent: so many full ones, and perhaps a remainder.
struct Tiles {
  double size;
  double count;
};

std::array<Tiles, 2> tiles(double extent, double tile) {
  const double full = std::floor(extent / tile);
  const double rest = extent - full * tile;
  return {Tiles{std::min(tile, extent), full}, Tiles{rest, rest > 0 ? 1.0 : 0.0}};
}

/// Family `tiled-loop`: the loop tiling of Zhang et al., FPGA 2015 (C.Z): a Tm x Tn array works through tiles
/// of Tr x Tc outputs, loads of the next tile overlap the computation of this one. Edge tiles are exact in
/// rows and columns, whole in channels.
///
/// Parameters: `Tm`, `Tn`, `Tr`, `Tc`. Loads share the DRAM's bandwidth.
///
/// Not modelled: the first load and the last store of a layer.
class TiledLoop : public ConvModel {
 public:
  TiledLoop(const Section& parameters, const Device& device)
      : ConvModel(parameters, device),
        Tm_(read_factor(parameters, "Tm")),
        Tn_(read_factor(parameters, "Tn")),
        Tr_(read_factor(parameters, "Tr")),
        Tc_(read_factor(parameters, "Tc")) {}

 protected:
  ComputeTime conv_time(const ConvLoop& loop, double /*dram_s*/) const override {
    const double weight_bytes = device().weight_bits / kBitsPerByte;
    const double activation_bytes = device().activation_bits / kBitsPerByte;
    const double taps = loop.Kh * loop.Kw;
    double total_s = 0;
    double compute_s = 0;
    for (const Tiles& rows : tiles(loop.R, Tr_)) {
      for (const Tiles& columns : tiles(loop.C, Tc_)) {
        if (rows.count * columns.count == 0) continue;
        const double window =
            ((rows.size - 1) * loop.Sh + loop.Kh) * ((columns.size - 1) * loop.Sw + loop.Kw);
        const double multiply_s = seconds(rows.size * columns.size * taps);
        const double load_s =
            (Tm_ * Tn_ * taps * weight_bytes + Tn_ * window * activation_bytes) / dram_Bps();
        const double store_s = Tm_ * rows.size * columns.size * activation_bytes / dram_Bps();
        const double turns = rows.count * columns.count * pieces(loop.M, Tm_);
        total_s += turns * std::max(pieces(loop.N, Tn_) * std::max(multiply_s, load_s), store_s);
        compute_s += turns * pieces(loop.N, Tn_) * multiply_s;
      }
    }
    return {loop.repeats * total_s, total_s > compute_s ? Bottleneck::dram : Bottleneck::compute};
  }

 private:
  double Tm_, Tn_, Tr_, Tc_;
};

/// Family `tiled-loop-ports`: the same tiling with a port each for weights, inputs and outputs (Jiang et al.,
/// TECS 2019, W.J; the model that its authors publish). Edge tiles are exact in rows and columns, whole in
/// channels: so the loops of their HLS code run, while their model pads all four.
///
/// Parameters: `Tm`, `Tn`, `Tr`, `Tc`, and `words_per_cycle` {weights, inputs, outputs} in words of the data
/// width.
///
/// Not modelled: the halo of a tile (its input is counted as Tr x Tc, as the authors do).
class TiledLoopPorts : public ConvModel {
 public:
  TiledLoopPorts(const Section& parameters, const Device& device)
      : ConvModel(parameters, device),
        Tm_(read_factor(parameters, "Tm")),
        Tn_(read_factor(parameters, "Tn")),
        Tr_(read_factor(parameters, "Tr")),
        Tc_(read_factor(parameters, "Tc")) {
    const Section words = parameters.section("words_per_cycle");
    weights_ = words.number("weights", kPositive<double>);
    inputs_ = words.number("inputs", kPositive<double>);
    outputs_ = words.number("outputs", kPositive<double>);
    words.finish();
  }

 protected:
  ComputeTime conv_time(const ConvLoop& loop, double /*dram_s*/) const override {
    const double taps = loop.Kh * loop.Kw;
    double total_cycles = 0;
    double compute_cycles = 0;
    for (const Tiles& rows : tiles(loop.R, Tr_)) {
      for (const Tiles& columns : tiles(loop.C, Tc_)) {
        if (rows.count * columns.count == 0) continue;
        const double positions = rows.size * columns.size;
        const double multiply = taps * positions;
        const double load = std::max(Tm_ * Tn_ * taps / weights_, Tn_ * positions / inputs_);
        const double store = Tm_ * positions / outputs_;
        const double turns = rows.count * columns.count * pieces(loop.M, Tm_);
        total_cycles += turns * std::max(pieces(loop.N, Tn_) * std::max(multiply, load), store);
        compute_cycles += turns * pieces(loop.N, Tn_) * multiply;
      }
    }
    return {loop.repeats * seconds(total_cycles),
            total_cycles > compute_cycles ? Bottleneck::dram : Bottleneck::compute};
  }

 private:
  double Tm_, Tn_, Tr_, Tc_;
  double weights_, inputs_, outputs_;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(tiled_loop) {
  registry.add_model({"tiled-loop", "conv: tiles Tm x Tn x Tr x Tc on one DRAM, loads overlap (FPGA 2015)",
                      h2h::factory_of<h2h::TiledLoop>()});
  registry.add_model({"tiled-loop-ports",
                      "conv: tiles with a port each for weights, inputs, outputs (Super-LIP)",
                      h2h::factory_of<h2h::TiledLoopPorts>()});
}
