// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <h2h/plugin/plugin.hpp>

#include "conv_loop.hpp"
#include "conv_model.hpp"
#include "data_movement.hpp"

namespace h2h {
namespace {

/// Family `h2h-release`: the formulas of the authors' own code for conv, fc and lstm (release of April 2022,
/// and the files of the same line for fc and lstm). A convolution adds load, computation and store of whole
/// tiles; nothing overlaps, edge tiles are padded, the stride counts nothing. fc and lstm take the largest of
/// the three.
///
/// Parameters: `throughput_GOPS`, `frequency_MHz`, `bandwidth_bits_per_cycle`, and for conv `Tm`, `Tn`, `Tr`,
/// `Tc`.
///
/// A batch multiplies tiles and vectors, as the column count does in the authors' fc formula. Stacked and
/// bidirectional LSTMs, which the release does not have, are the sum of their parts [assumed].
class H2HRelease : public AcceleratorModel {
 public:
  H2HRelease(const Section& parameters, Device device)
      : device_(std::move(device)),
        operations_per_s_(parameters.number("throughput_GOPS", kPositive<double>) * kOperationsPerGOP),
        bits_per_s_(parameters.number("frequency_MHz", kPositive<double>) * kHertzPerMHz *
                    parameters.number("bandwidth_bits_per_cycle", kPositive<double>)),
        tiled_(parameters.has("Tm")) {
    if (!tiled_) return;
    Tm_ = read_factor(parameters, "Tm");
    Tn_ = read_factor(parameters, "Tn");
    Tr_ = read_factor(parameters, "Tr");
    Tc_ = read_factor(parameters, "Tc");
  }

  bool runs(LayerType type) const override {
    return type == LayerType::fc || type == LayerType::lstm || only_moves_data(type) ||
           (type == LayerType::conv && tiled_);
  }

  std::optional<ComputeTime> time(const Layer& layer) const override {
    if (const auto* conv = std::get_if<Conv>(&layer.operation))
      return conv_time(ConvLoop(*conv, layer.batch));
    if (const auto* fc = std::get_if<FullyConnected>(&layer.operation)) {
      return step(static_cast<double>(fc->in_features), static_cast<double>(fc->out_features),
                  static_cast<double>(layer.weights()), static_cast<double>(layer.batch));
    }
    if (const auto* lstm = std::get_if<Lstm>(&layer.operation)) return lstm_time(*lstm, layer.batch);
    return data_movement_time(layer, device_, bits_per_s_ / kBitsPerByte);
  }

 private:
  ComputeTime conv_time(const ConvLoop& loop) const {
    const double taps = loop.Kh * loop.Kw;
    const double load_s =
        (Tm_ * Tn_ * taps * device_.weight_bits + Tn_ * Tr_ * Tc_ * device_.activation_bits) / bits_per_s_;
    const double compute_s = kOperationsPerMac * Tr_ * Tc_ * Tm_ * taps * Tn_ / operations_per_s_;
    const double store_s = Tm_ * Tr_ * Tc_ * device_.activation_bits / bits_per_s_;
    const double tiles = pieces(loop.R, Tr_) * pieces(loop.C, Tc_) * pieces(loop.M, Tm_);
    const double turns = pieces(loop.N, Tn_);
    return {loop.repeats * tiles * (turns * (load_s + compute_s) + store_s),
            compute_s >= load_s ? Bottleneck::compute : Bottleneck::dram};
  }

  /// One step: the matrix and the vectors in, the products, the vectors out.
  ComputeTime step(double in, double out, double weights, double vectors) const {
    const double load_s =
        (weights * device_.weight_bits + in * vectors * device_.activation_bits) / bits_per_s_;
    const double store_s = out * vectors * device_.activation_bits / bits_per_s_;
    return overlapped(kOperationsPerMac * weights * vectors / operations_per_s_, std::max(load_s, store_s));
  }

  ComputeTime lstm_time(const Lstm& lstm, std::int64_t batch) const {
    const auto hidden = static_cast<double>(lstm.hidden_size);
    const auto directions = static_cast<double>(lstm.directions());
    const auto steps = static_cast<double>(lstm.sequence_length);
    ComputeTime total{0, Bottleneck::dram};
    for (std::int64_t stage = 0; stage < lstm.layers; ++stage) {
      const double in = stage == 0 ? static_cast<double>(lstm.input_size) : directions * hidden;
      const ComputeTime one = step(in, hidden, 4 * hidden * (in + hidden), static_cast<double>(batch));
      total.seconds += steps * directions * one.seconds;
      total.bottleneck = one.bottleneck;
    }
    return total;
  }

  Device device_;
  double operations_per_s_;
  double bits_per_s_;
  bool tiled_;
  double Tm_ = 0, Tn_ = 0, Tr_ = 0, Tc_ = 0;
};

}  // namespace
}  // namespace h2h

H2H_PLUGIN(h2h_release_model) {
  registry.add_model({"h2h-release", "conv, fc, lstm: the formulas of the authors' released code",
                      h2h::factory_of<h2h::H2HRelease>()});
}
