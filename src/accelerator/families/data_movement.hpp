// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/accelerator/model.hpp>

namespace h2h {

/// Layers without arithmetic to speak of. They run on every shipped accelerator at the speed of its local
/// DRAM [assumed: the twelve papers do not time them].
inline bool only_moves_data(LayerType type) {
  return type == LayerType::pool || type == LayerType::add || type == LayerType::concat;
}

inline ComputeTime data_movement_time(const Layer& layer, const Device& device, double dram_Bps) {
  return {device.layer_bytes(layer) / dram_Bps, Bottleneck::dram};
}

/// The larger of arithmetic and DRAM time, which double buffering overlaps.
inline ComputeTime overlapped(double compute_s, double dram_s) {
  return compute_s >= dram_s ? ComputeTime{compute_s, Bottleneck::compute}
                             : ComputeTime{dram_s, Bottleneck::dram};
}

}  // namespace h2h
