// SPDX-License-Identifier: Apache-2.0
#include <h2h/workload/layer.hpp>

#include <stdexcept>

namespace h2h {

std::int64_t product(std::initializer_list<std::int64_t> factors) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 53U;
  std::int64_t result = 1;
  bool overflow = false;
  for (const std::int64_t factor : factors) {
    if (factor == 0) return 0;
    overflow = overflow || __builtin_mul_overflow(result, factor, &result) || result > kLargest;
  }
  if (overflow) throw std::overflow_error("a size beyond 2^53");
  return result;
}

const std::vector<std::string>& layer_type_names() {
  static const std::vector<std::string> names = {"conv",      "fc",   "lstm", "matmul",
                                                 "attention", "pool", "add",  "concat"};
  static_assert(std::variant_size_v<Operation> == 8, "a new layer type needs its name here");
  return names;
}

std::string_view to_string(LayerType type) {
  return layer_type_names().at(static_cast<std::size_t>(type));
}

std::int64_t Layer::weights() const {
  return std::visit([](const auto& one) { return one.weights(); }, operation);
}

std::int64_t Layer::macs() const {
  return product({batch, std::visit([](const auto& one) { return one.macs(); }, operation)});
}

Shape Layer::input() const {
  return std::visit([](const auto& one) { return one.input(); }, operation);
}

Shape Layer::output() const {
  return std::visit([](const auto& one) { return one.output(); }, operation);
}

}  // namespace h2h
