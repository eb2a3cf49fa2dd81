// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <h2h/accelerator/catalogue.hpp>
#include <h2h/workload/workload.hpp>

namespace h2h {

// What crosses the network between host memory and an accelerator, in elements of one run (batch included).

/// Input feature map of a layer, over all its inputs.
std::int64_t input_elements(const Layer& layer, IfmExtent extent);

/// Output feature map of a layer.
std::int64_t output_elements(const Layer& layer, IfmExtent extent);

/// Whole bytes of a tensor, rounded up.
std::int64_t bytes_of(std::int64_t elements, int bits);

/// Bytes that @p consumer reads of one of its producers: its part of the input feature map, or for a residual
/// a tensor of the size of its own output.
std::int64_t dependency_bytes(const Layer& consumer, const Dependency& dependency, IfmExtent extent,
                              int bits);

}  // namespace h2h
