// SPDX-License-Identifier: Apache-2.0
#include <h2h/cost/traffic.hpp>

namespace h2h {
namespace {

constexpr int kBitsPerByte = 8;

__extension__ using Wide = __int128;  // elements times channels times bits may pass 2^63

std::int64_t rounded_up(Wide numerator, Wide denominator) {
  return static_cast<std::int64_t>((numerator + denominator - 1) / denominator);
}

}  // namespace

std::int64_t input_elements(const Layer& layer, IfmExtent extent) {
  std::int64_t one = layer.input().elements();
  if (extent == IfmExtent::output_doubled) {
    if (const auto* conv = std::get_if<Conv>(&layer.operation)) {
      one = product({conv->in_channels, 2, conv->out_height, 2, conv->out_width});
    } else if (const auto* lstm = std::get_if<Lstm>(&layer.operation)) {
      one = lstm->input_size;
    }
  }
  return layer.batch * one;
}

std::int64_t output_elements(const Layer& layer, IfmExtent extent) {
  const auto* lstm = std::get_if<Lstm>(&layer.operation);
  const bool one_step = extent == IfmExtent::output_doubled && lstm != nullptr;
  return layer.batch * (one_step ? layer.output().channels : layer.output().elements());
}

std::int64_t bytes_of(std::int64_t elements, int bits) {
  return rounded_up(static_cast<Wide>(elements) * bits, kBitsPerByte);
}

std::int64_t dependency_bytes(const Layer& consumer, const Dependency& dependency, IfmExtent extent,
                              int bits) {
  if (dependency.role == Dependency::Role::residual) return bytes_of(output_elements(consumer, extent), bits);
  return rounded_up(static_cast<Wide>(input_elements(consumer, extent)) * dependency.features * bits,
                    static_cast<Wide>(dependency.of_features) * kBitsPerByte);
}

}  // namespace h2h
