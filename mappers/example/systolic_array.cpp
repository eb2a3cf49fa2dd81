// SPDX-License-Identifier: Apache-2.0
//
// Family `systolic-array`: an array of `rows` x `columns` multipliers at `frequency_MHz`, output stationary,
// by the runtime model of SCALE-Sim (Samajdar et al., ISPASS 2020): a matrix product of S_R x T by T x S_C
// takes
//
//     (2 rows + columns + T - 2) x ceil(S_R / rows) x ceil(S_C / columns)   cycles,
//
// which fill the array, multiply, and drain it, for each block of outputs that it holds. In a convolution S_R
// counts output pixels, S_C output channels, and T the weights of one output channel. Loading from the local
// DRAM overlaps with that, each tensor once; pooling, sums and concatenation only move data.
//
// Not modelled: memory on the chip that is too small for a block, and stalls on it.

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <variant>

#include <h2h/plugin/plugin.hpp>

namespace {

/// A product of matrices S_R x T by T x S_C, so many times.
struct Product {
  double S_R;
  double T;
  double S_C;
  double repeats = 1;
};

std::optional<Product> product_of(const h2h::Layer& layer) {
  const auto number = [](std::int64_t count) { return static_cast<double>(count); };
  if (const auto* conv = std::get_if<h2h::Conv>(&layer.operation)) {
    const std::int64_t taps = conv->in_channels / conv->groups * conv->kernel_height * conv->kernel_width;
    return Product{number(layer.batch * conv->out_height * conv->out_width), number(taps),
                   number(conv->out_channels / conv->groups), number(conv->groups)};
  }
  if (const auto* fc = std::get_if<h2h::FullyConnected>(&layer.operation))
    return Product{number(layer.batch), number(fc->in_features), number(fc->out_features)};
  return std::nullopt;
}

class SystolicArray : public h2h::AcceleratorModel {
 public:
  SystolicArray(const h2h::Section& parameters, const h2h::Device& device)
      : device_(device),
        dram_Bps_(device.require_dram_Bps(parameters)),
        rows_(static_cast<double>(parameters.integer("rows", h2h::kPositive<std::int64_t>))),
        columns_(static_cast<double>(parameters.integer("columns", h2h::kPositive<std::int64_t>))),
        hertz_(kHertzPerMHz * parameters.number("frequency_MHz", h2h::kPositive<double>)) {}

  bool runs(h2h::LayerType type) const override {
    using h2h::LayerType;
    return type == LayerType::conv || type == LayerType::fc || type == LayerType::pool ||
           type == LayerType::add || type == LayerType::concat;
  }

  std::optional<h2h::ComputeTime> time(const h2h::Layer& layer) const override {
    const double dram_s = device_.layer_bytes(layer) / dram_Bps_;
    const auto product = product_of(layer);
    const double compute_s = product ? cycles(*product) / hertz_ : 0;
    if (compute_s < dram_s) return h2h::ComputeTime{dram_s, h2h::Bottleneck::dram};
    return h2h::ComputeTime{compute_s, h2h::Bottleneck::compute};
  }

 private:
  static constexpr double kHertzPerMHz = 1e6;

  double cycles(const Product& product) const {
    const double blocks = std::ceil(product.S_R / rows_) * std::ceil(product.S_C / columns_);
    return product.repeats * blocks * (2 * rows_ + columns_ + product.T - 2);
  }

  h2h::Device device_;
  double dram_Bps_;
  double rows_;
  double columns_;
  double hertz_;
};

}  // namespace

H2H_PLUGIN(systolic_array) {
  registry.add_model({"systolic-array",
                      "conv and fc: rows x columns multipliers, output stationary (SCALE-Sim)",
                      [](const h2h::Section& parameters, const h2h::Device& device) {
                        return std::make_shared<const SystolicArray>(parameters, device);
                      }});
}
