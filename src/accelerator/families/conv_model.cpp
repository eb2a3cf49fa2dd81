// SPDX-License-Identifier: Apache-2.0
#include "conv_model.hpp"

#include "data_movement.hpp"

namespace h2h {

ConvModel::ConvModel(const Section& parameters, const Device& device)
    : device_(device),
      dram_Bps_(device.require_dram_Bps(parameters)),
      hertz_(parameters.number("frequency_MHz", kPositive<double>) * kHertzPerMHz),
      efficiency_(parameters.number("efficiency", 1, kFraction)) {
  if (parameters.has("matrix_vector")) {
    const Section section = parameters.section("matrix_vector");
    multiply_.emplace(section, device);
    section.finish();
  }
}

bool ConvModel::runs(LayerType type) const {
  return type == LayerType::conv || only_moves_data(type) || (multiply_ && MatrixVector::runs(type));
}

std::optional<ComputeTime> ConvModel::time(const Layer& layer) const {
  if (const auto* conv = std::get_if<Conv>(&layer.operation)) {
    return conv_time(ConvLoop(*conv, layer.batch), device_.layer_bytes(layer) / dram_Bps_);
  }
  if (only_moves_data(layer.type())) return data_movement_time(layer, device_, dram_Bps_);
  return multiply_ ? multiply_->time(layer) : std::nullopt;
}

}  // namespace h2h
