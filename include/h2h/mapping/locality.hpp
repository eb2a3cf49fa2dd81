// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <h2h/mapping/mapping.hpp>

namespace h2h {

/// How steps 2 and 3 use the local DRAM.
struct LocalityRules {
  enum class Weights : std::uint8_t {
    exact,   ///< the most bytes that fit into the weight budget
    release  ///< as the authors' release: in units of 1000 elements, on ties later layers are left out
  };
  enum class Scope : std::uint8_t {
    adjacent,  ///< producer and consumer run back to back (Algorithm 1)
    resident   ///< on the same accelerator, while its DRAM holds the tensor
  };

  Weights weights = Weights::exact;
  Scope scope = Scope::adjacent;
  bool enforce_dram = true;  ///< pinned weights and fused tensors together fit into the DRAM
};

/// Decides for one accelerator what stays in its DRAM. Holds the scratch of its methods, so that a search
/// that calls them a million times does not allocate.
class DramAllocator {
 public:
  DramAllocator(const Problem& problem, LocalityRules rules) : problem_(&problem), rules_(rules) {}

  const LocalityRules& rules() const { return rules_; }

  /// Step 2 (section 4.2): which of the layers have their weights pinned.
  /// @param order the accelerator's layers as they run
  /// @param reserved_bytes of the DRAM that fused tensors hold already
  /// @returns a flag for each layer of @p order, valid until the next call
  std::span<const char> pin(AcceleratorIndex accelerator, std::span<const LayerIndex> order,
                            std::int64_t reserved_bytes = 0);

  /// Step 3 (section 4.3): which tensors stay where they were made. Earlier consumers come first.
  /// @param pinned a flag for each layer of @p order
  /// @returns the fused tensors, valid until the next call
  std::span<const TensorIndex> fuse(AcceleratorIndex accelerator, std::span<const LayerIndex> order,
                                    std::span<const char> pinned);

  /// Whether every knapsack so far was solved exactly.
  bool exact() const { return exact_; }

 private:
  bool reserve(std::size_t producer, std::size_t consumer, std::int64_t bytes, std::int64_t capacity);

  const Problem* problem_;
  LocalityRules rules_;
  bool exact_ = true;
  std::vector<char> pinned_;
  std::vector<std::int64_t> sizes_;
  std::vector<TensorIndex> fused_;
  std::vector<std::int64_t> used_bytes_;  ///< by position: DRAM in use while that layer runs
  std::vector<std::size_t>
      resident_until_;                 ///< by position: last position that the layer's output is kept for
  std::vector<std::size_t> position_;  ///< by layer, of the order at hand
};

/// DRAM in use on an accelerator while each layer of its order runs: pinned weights and fused tensors, a
/// tensor from its producer to its last fused consumer.
std::vector<std::int64_t> dram_profile(const Problem& problem, const Mapping& mapping,
                                       AcceleratorIndex accelerator);

}  // namespace h2h
