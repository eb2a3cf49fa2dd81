// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <h2h/cost/problem.hpp>

namespace h2h::checker {

// The rules of the model in the checker's own words. What the evaluators take from elsewhere is worked out
// anew here, so that one mistake does not hide another.

__extension__ using Wide = __int128;

/// Whole bytes of so many elements, or of a part of them.
inline std::int64_t bytes(std::int64_t elements, int bits, std::int64_t part = 1, std::int64_t of = 1) {
  const Wide eighths = static_cast<Wide>(elements) * part * bits;
  const Wide divisor = static_cast<Wide>(of) * 8;
  return static_cast<std::int64_t>(eighths / divisor + (eighths % divisor == 0 ? 0 : 1));
}

inline std::int64_t weight_bytes(const Layer& layer, const Device& device) {
  return bytes(layer.weights(), device.weight_bits);
}

inline std::int64_t ofm_elements(const Layer& layer, IfmExtent extent) {
  const Shape out = layer.output();
  // The release takes one step out of an LSTM.
  if (extent == IfmExtent::output_doubled && layer.type() == LayerType::lstm)
    return layer.batch * out.channels;
  return layer.batch * out.channels * out.height * out.width;
}

inline std::int64_t ofm_bytes(const Layer& layer, const Device& device, IfmExtent extent) {
  return bytes(ofm_elements(layer, extent), device.activation_bits);
}

inline std::int64_t ifm_elements(const Layer& layer, IfmExtent extent) {
  Shape in = layer.input();
  if (extent == IfmExtent::output_doubled && layer.type() == LayerType::conv) {
    in.height = 2 * layer.output().height;
    in.width = 2 * layer.output().width;
  }
  if (extent == IfmExtent::output_doubled && layer.type() == LayerType::lstm) in.height = in.width = 1;
  return layer.batch * in.channels * in.height * in.width;
}

/// What a layer reads over one edge: its part of the input feature map, or for a residual as much as it
/// writes.
inline std::int64_t edge_bytes(const Layer& layer, const Dependency& edge, const Device& device,
                               IfmExtent extent) {
  if (edge.role == Dependency::Role::residual) return ofm_bytes(layer, device, extent);
  return bytes(ifm_elements(layer, extent), device.activation_bits, edge.features, edge.of_features);
}
}  // namespace h2h::checker
