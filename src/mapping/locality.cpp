// SPDX-License-Identifier: Apache-2.0
#include <h2h/mapping/locality.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include <h2h/mapping/knapsack.hpp>

namespace h2h {
namespace {

constexpr std::size_t kElsewhere = static_cast<std::size_t>(-1);
constexpr std::int64_t kReleaseUnit = 1000;  // elements

/// The release's capacity in its units: ceil(S_mem R_wei 8e9 / D / 1000). Rounded up it can be exceeded, so
/// that it is rounded down where it must not be.
std::int64_t release_capacity(std::int64_t bytes, int weight_bits, bool enforced) {
  constexpr double kBitsPerByte = 8;
  const double units =
      static_cast<double>(bytes) * kBitsPerByte / weight_bits / static_cast<double>(kReleaseUnit);
  return static_cast<std::int64_t>(enforced ? std::floor(units) : std::ceil(units));
}

/// A table takes a bit for each item and unit of capacity.
bool table_is_small(std::size_t items, std::int64_t capacity) {
  constexpr std::int64_t kLargestTable = std::int64_t{1} << 32U;  // bits: 512 MiB
  return capacity < kLargestTable / static_cast<std::int64_t>(items + 1);
}

}  // namespace

std::span<const char> DramAllocator::pin(AcceleratorIndex accelerator, std::span<const LayerIndex> order,
                                         std::int64_t reserved_bytes) {
  const Accelerator& device = problem_->system().accelerators[accelerator];
  const bool release = rules_.weights == LocalityRules::Weights::release;
  sizes_.clear();
  pinned_.clear();
  std::int64_t total = 0;
  for (const LayerIndex layer : order) {
    // Weights that the problem has there already take no room of what is left, whatever the layer's are.
    const std::int64_t bytes = problem_->cost(layer, accelerator).weight_bytes;
    const std::int64_t size =
        release && bytes > 0 ? (problem_->workload().layer(layer).weights() + kReleaseUnit - 1) / kReleaseUnit
                             : bytes;
    sizes_.push_back(size);
    pinned_.push_back(size > 0 ? 1 : 0);
    total += size;
  }
  std::int64_t capacity = std::max<std::int64_t>(0, device.weight_budget_bytes);
  if (rules_.enforce_dram) {
    capacity = std::max<std::int64_t>(0, std::min(capacity, device.dram_bytes - reserved_bytes));
  }
  if (release) capacity = release_capacity(capacity, device.type.device.weight_bits, rules_.enforce_dram);
  if (total <= capacity) return pinned_;
  const bool by_table = release && table_is_small(sizes_.size(), capacity);
  KnapsackChoice choice = by_table ? heaviest_subset_by_table(sizes_, capacity) : [&] {
    // Layers without weights are no items.
    std::vector<std::int64_t> items;
    for (const std::int64_t size : sizes_) {
      if (size > 0) items.push_back(size);
    }
    return heaviest_subset(items, capacity);
  }();
  // Without its table the release's choice among equally heavy ones is not certain.
  exact_ = exact_ && choice.exact && by_table == release;
  std::size_t item = 0;
  for (std::size_t i = 0; i < sizes_.size(); ++i) {
    if (by_table) {
      pinned_[i] = sizes_[i] > 0 ? choice.taken[i] : 0;
    } else if (sizes_[i] > 0) {
      pinned_[i] = choice.taken[item++];
    }
  }
  return pinned_;
}

/// Keeps the output of the layer at position @p producer up to position @p consumer, if the DRAM has room.
bool DramAllocator::reserve(std::size_t producer, std::size_t consumer, std::int64_t bytes,
                            std::int64_t capacity) {
  const bool kept = resident_until_[producer] != kElsewhere;
  const std::size_t from = kept ? resident_until_[producer] + 1 : producer;
  if (rules_.enforce_dram) {
    for (std::size_t i = from; i <= consumer; ++i) {
      if (used_bytes_[i] + bytes > capacity) return false;
    }
  }
  for (std::size_t i = from; i <= consumer; ++i) used_bytes_[i] += bytes;
  resident_until_[producer] = kept ? std::max(resident_until_[producer], consumer) : consumer;
  return true;
}

std::span<const TensorIndex> DramAllocator::fuse(AcceleratorIndex accelerator,
                                                 std::span<const LayerIndex> order,
                                                 std::span<const char> pinned) {
  const std::int64_t capacity = problem_->system().accelerators[accelerator].dram_bytes;
  std::int64_t pinned_bytes = 0;
  position_.resize(problem_->layers(), kElsewhere);
  for (std::size_t i = 0; i < order.size(); ++i) {
    position_[order[i]] = i;
    if (pinned[i] != 0) pinned_bytes += problem_->cost(order[i], accelerator).weight_bytes;
  }
  used_bytes_.assign(order.size(), pinned_bytes);
  resident_until_.assign(order.size(), kElsewhere);
  fused_.clear();
  for (std::size_t consumer = 0; consumer < order.size(); ++consumer) {
    for (const TensorIndex tensor : problem_->inputs(order[consumer])) {
      const LayerIndex layer = problem_->tensor(tensor).producer;
      if (layer == Tensor::kNetworkInput) continue;
      const std::size_t producer = position_[layer];
      if (producer == kElsewhere || producer >= consumer) continue;
      if (rules_.scope == LocalityRules::Scope::adjacent && producer + 1 != consumer) continue;
      if (reserve(producer, consumer, problem_->cost(layer, accelerator).output_bytes, capacity))
        fused_.push_back(tensor);
    }
  }
  for (const LayerIndex layer : order) position_[layer] = kElsewhere;
  return fused_;
}

std::vector<std::int64_t> dram_profile(const Problem& problem, const Mapping& mapping,
                                       AcceleratorIndex accelerator) {
  const std::vector<LayerIndex>& order = mapping.order[accelerator];
  std::vector<std::size_t> position(problem.layers(), kElsewhere);
  std::int64_t pinned_bytes = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    position[order[i]] = i;
    if (mapping.pinned[order[i]] != 0) pinned_bytes += problem.cost(order[i], accelerator).weight_bytes;
  }
  std::vector<std::int64_t> used(order.size(), pinned_bytes);
  for (std::size_t producer = 0; producer < order.size(); ++producer) {
    std::size_t until = producer;
    bool kept = false;
    for (const TensorIndex tensor : problem.outputs(order[producer])) {
      const std::size_t consumer = position[problem.tensor(tensor).consumer];
      if (mapping.fused[tensor] == 0 || consumer == kElsewhere) continue;
      kept = true;
      until = std::max(until, consumer);
    }
    for (std::size_t i = producer; kept && i <= until; ++i) {
      used[i] += problem.cost(order[producer], accelerator).output_bytes;
    }
  }
  return used;
}

}  // namespace h2h
